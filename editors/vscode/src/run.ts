// Running other programs: never in the workspace, never with the workspace's Python settings.
import { spawn } from 'node:child_process';
import { homedir } from 'node:os';
import * as vscode from 'vscode';

export interface Outcome {
  code: number | null;
  /** What it said, complaints too. */
  output: string;
  /** What it printed for programs. */
  answer: string;
}

/** The environment for every process we start. A shell's PYTHONPATH may name the workspace. */
export function cleanEnvironment(): NodeJS.ProcessEnv {
  const environment: NodeJS.ProcessEnv = { ...process.env, PYTHONSAFEPATH: '1' };
  for (const name of Object.keys(environment)) {
    if (/^(PYTHON(PATH|HOME|STARTUP|INSPECT)|VIRTUAL_ENV|CONDA_PREFIX)$/.test(name)) {
      delete environment[name];
    }
  }
  return environment;
}

/** A program in the person's home, as they may write it: no shell reads what they set. */
export function fromHome(program: string | undefined): string | undefined {
  return program?.trim().replace(/^~(?=[\\/])/, homedir());
}

/** Run to the end; a program that does not exist has exit code null. */
export function run(
  program: string,
  args: string[],
  cwd: string,
  options: { onLine?: (line: string) => void; token?: vscode.CancellationToken } = {},
): Promise<Outcome> {
  return new Promise((resolve) => {
    const child = spawn(program, args, {
      cwd,
      env: cleanEnvironment(),
      windowsHide: true,
      detached: process.platform !== 'win32',
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    let answer = '';
    let partial = '';
    const read = (chunk: Buffer): void => {
      const text = chunk.toString();
      output += text;
      const lines = (partial + text).split(/\r?\n/);
      partial = lines.pop() ?? '';
      lines.forEach((line) => options.onLine?.(line));
    };
    child.stdout.on('data', (chunk: Buffer) => (answer += chunk.toString()));
    child.stdout.on('data', read);
    child.stderr.on('data', read);
    const cancelled = options.token?.onCancellationRequested(() => end(child.pid));
    const finish = (code: number | null): void => {
      cancelled?.dispose();
      if (partial) options.onLine?.(partial);
      resolve({ code, output, answer });
    };
    child.on('error', (error) => {
      output += error.message;
      finish(null);
    });
    child.on('close', (code) => finish(code));
  });
}

/** End a process with its children: pip runs compilers. */
function end(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    if (process.platform === 'win32') spawn('taskkill', ['/pid', String(pid), '/T', '/F']);
    else process.kill(-pid, 'SIGTERM');
  } catch {
    // It ended by itself in the meantime.
  }
}
