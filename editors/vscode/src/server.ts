// Which server to start: the one in the settings, our own, or the one on the PATH.
import * as vscode from 'vscode';

import { Environment, SERVER } from './environment';
import { fromHome, run } from './run';
import { own } from './settings';

export interface ServerCommand {
  program: string;
  args: string[];
  cwd: string;
  from: string;
}

/** The setting names a program that cannot be started. */
export class ServerMissing extends Error {}

/** The extension's own environment is there, and does not run any more. */
export class EnvironmentBroken extends Error {}

/** The command without its subcommand, such as `serve`; undefined when nothing is installed. */
export async function findServer(environment: Environment): Promise<ServerCommand | undefined> {
  const cwd = await environment.workingFolder();
  const path = fromHome(own<string>('path'));
  if (path) {
    const { code, output } = await run(path, ['--version'], cwd);
    if (code === 0) return { program: path, args: [], cwd, from: 'slm-lsp.path' };
    throw new ServerMissing(
      `The program in slm-lsp.path cannot be started: ${path} (${code === null ? 'not found' : lastLine(output)}).`,
    );
  }
  if (await environment.works()) {
    return { program: environment.python, args: SERVER, cwd, from: 'its own environment' };
  }
  const { code } = await run('slm-lsp', ['--version'], cwd);
  if (code === 0) return { program: 'slm-lsp', args: [], cwd, from: 'the PATH' };
  if (!(await environment.exists())) return undefined;
  throw new EnvironmentBroken(
    'The Python environment that was set up does not start any more; the Python that it was made with may be gone.',
  );
}

function lastLine(output: string): string {
  return output.trim().split('\n').pop()?.slice(0, 200) || 'it failed';
}

/** Run one subcommand to its end. */
export function runSubcommand(
  command: ServerCommand,
  args: string[],
  token?: vscode.CancellationToken,
): ReturnType<typeof run> {
  return run(command.program, [...command.args, ...args], command.cwd, { token });
}
