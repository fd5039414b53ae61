// The extension's own Python environment: made once per version, beside nobody's project.
import * as fs from 'node:fs/promises';
import * as path from 'node:path';
import * as vscode from 'vscode';

import { fromHome, run } from './run';
import { own } from './settings';

const MARKER = 'complete';
const OLDEST = [3, 11];
// -I: neither the working folder, nor PYTHONPATH, nor the user's own packages.
export const SERVER = ['-I', '-m', 'slm_lsp.cli'];
// Compiling llama.cpp takes minutes, not hours: another window's attempt is over by then.
const ABANDONED_MS = 24 * 60 * 60 * 1000;

/** Why the environment could not be made, in a sentence that names the cure. */
export class SetUpFailed extends Error {}

export class Environment {
  private readonly folder: string;
  private readonly storage: string;

  constructor(private readonly context: vscode.ExtensionContext) {
    this.storage = context.globalStorageUri.fsPath;
    this.folder = path.join(this.storage, `server-${context.extension.packageJSON.version}`);
  }

  /** Where servers run: a folder of our own, so that no workspace is ever on Python's path. */
  async workingFolder(): Promise<string> {
    await fs.mkdir(this.storage, { recursive: true });
    return this.storage;
  }

  get python(): string {
    return pythonIn(this.folder);
  }

  /** Whether an earlier `create` ran to its end. */
  async exists(): Promise<boolean> {
    return isFile(path.join(this.folder, MARKER));
  }

  /** Whether it is there and runs: the Python that it was made with may be gone, or another one. */
  async works(): Promise<boolean> {
    if (!(await this.exists())) return false;
    const { code } = await run(this.python, [...SERVER, '--version'], await this.workingFolder());
    return code === 0;
  }

  /** Whether one was made for this or another version of the extension. */
  async wasWanted(): Promise<boolean> {
    const found = await Promise.all((await this.all()).map((one) => isFile(path.join(one, MARKER))));
    return found.includes(true);
  }

  /** Made beside the one that is there, which is replaced at the end: `replacing` is called then. */
  async create(
    log: vscode.LogOutputChannel,
    progress: vscode.Progress<{ message: string }>,
    token: vscode.CancellationToken,
    replacing: () => Promise<void>,
  ): Promise<void> {
    const cwd = await this.workingFolder();
    const step = async (message: string, program: string, args: string[]): Promise<void> => {
      progress.report({ message });
      log.info(`${message}: ${program} ${args.join(' ')}`);
      const onLine = (line: string): void => {
        log.info(line);
        const doing = /^\s*(Collecting|Building wheel for|Installing collected) (\S+)/.exec(line);
        if (doing) progress.report({ message: `${doing[1].toLowerCase()} ${doing[2]}…` });
      };
      const { code, output } = await run(program, args, cwd, { onLine, token });
      if (token.isCancellationRequested) throw new vscode.CancellationError();
      if (code !== 0) throw new SetUpFailed(cureFor(output, code));
    };
    const wheel = await this.wheel();
    const python = await findPython(cwd);
    const before = await this.exists();
    // A name of its own: another window may be about the same.
    const made = await fs.mkdtemp(`${this.folder}-`);
    try {
      await step('Making a Python environment', python, ['-I', '-m', 'venv', made]);
      await step('Installing the server', pythonIn(made), [
        ...['-I', '-m', 'pip', 'install', '--disable-pip-version-check', '--no-input', wheel],
      ]);
      await step('Trying it out', pythonIn(made), [...SERVER, '--version']);
      await fs.writeFile(path.join(made, MARKER), path.basename(wheel) + '\n');
      if (before || !(await this.exists())) {
        await replacing();
        await fs.rm(this.folder, { recursive: true, force: true });
        await fs.rename(made, this.folder);
      }
    } finally {
      await fs.rm(made, { recursive: true, force: true });
    }
    await this.removeOthers();
  }

  /** The server travels inside the extension. */
  private async wheel(): Promise<string> {
    const folder = path.join(this.context.extensionPath, 'server');
    const names = await fs.readdir(folder).catch(() => [] as string[]);
    const name = names.find((candidate) => candidate.endsWith('.whl'));
    if (name) return path.join(folder, name);
    throw new SetUpFailed(
      'This build of the extension carries no server. Build it with `npm run package`, or set slm-lsp.path.',
    );
  }

  /** Earlier versions' environments, and what was broken off: each takes a few hundred megabytes. */
  private async removeOthers(): Promise<void> {
    for (const other of await this.all()) {
      if (other === this.folder) continue;
      const attempt = other.startsWith(`${this.folder}-`);
      if (attempt && Date.now() - (await fs.stat(other)).mtimeMs < ABANDONED_MS) continue;
      await fs.rm(other, { recursive: true, force: true });
    }
  }

  private async all(): Promise<string[]> {
    const names = await fs.readdir(this.storage).catch(() => [] as string[]);
    return names.filter((name) => name.startsWith('server-')).map((name) => path.join(this.storage, name));
  }
}

function pythonIn(folder: string): string {
  return process.platform === 'win32'
    ? path.join(folder, 'Scripts', 'python.exe')
    : path.join(folder, 'bin', 'python');
}

/** A Python that is new enough; the setting's, or the first that suits. */
async function findPython(cwd: string): Promise<string> {
  const chosen = fromHome(own<string>('python'));
  const names = ['python3', 'python3.14', 'python3.13', 'python3.12', 'python3.11', 'python'];
  if (process.platform === 'win32') names.push('py'); // the launcher, which is on the PATH more often
  const found: string[] = [];
  for (const name of chosen ? [chosen] : names) {
    const { code, output } = await run(name, ['-I', '-c', 'import sys; print(*sys.version_info[:2])'], cwd);
    if (code !== 0) continue;
    const version = output.trim().split(' ').map(Number);
    if (version[0] === OLDEST[0] && version[1] >= OLDEST[1]) return name;
    found.push(`${name} is ${version.join('.')}`);
  }
  const what = chosen ? `slm-lsp.python (${chosen}) does not run` : 'There is no Python on the PATH';
  throw new SetUpFailed(
    `${found.length ? `Too old: ${found.join(', ')}` : what}. Please install Python 3.11 or newer, or name one in slm-lsp.python.`,
  );
}

function cureFor(output: string, code: number | null): string {
  if (/ensurepip is not available|No module named '?(venv|ensurepip|pip)/.test(output)) {
    return 'This Python cannot make environments. On Debian and Ubuntu, `sudo apt install python3-venv` cures it.';
  }
  if (/CMAKE_C(XX)?_COMPILER|No CMAKE_|Could not find.*compiler|build-essential/i.test(output)) {
    return 'llama.cpp has to be compiled here, and there is no C++ compiler. On Debian and Ubuntu, `sudo apt install build-essential` cures it.';
  }
  if (/Temporary failure in name resolution|Failed to establish a new connection|ConnectTimeout/.test(output)) {
    return 'The Python packages could not be downloaded: there is no connection. This is the only step that needs one.';
  }
  if (/No space left on device/.test(output)) return 'The disk is full.';
  return `Setting up failed (exit code ${code}). The log says why.`;
}

async function isFile(name: string): Promise<boolean> {
  return fs.stat(name).then(
    (found) => found.isFile(),
    () => false,
  );
}
