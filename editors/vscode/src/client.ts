// The language client: VS Code on one side, the server's process on the other.
import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import * as vscode from 'vscode';
import { LanguageClient, LanguageClientOptions, RevealOutputChannelOn, State } from 'vscode-languageclient/node';

import { Acceptance } from './acceptance';
import { ACCEPTED } from './protocol';
import { cleanEnvironment } from './run';
import { ServerCommand } from './server';
import { answers, chosenSettings, own } from './settings';
import { Switches } from './switches';

// Files, drafts and notebooks; not the panes that VS Code itself shows as documents.
const SCHEMES = ['file', 'untitled', 'vscode-notebook-cell', 'vscode-vfs'];

// So long a server that is about to be replaced may take to come up.
const PATIENCE_MS = 5000;
const LATE = Symbol('late');

export interface Parts {
  extension: vscode.Extension<unknown>;
  log: vscode.LogOutputChannel;
  switches: Switches;
  acceptance: Acceptance;
  onAccepted: () => void;
}

export function makeClient(command: ServerCommand, parts: Parts): LanguageClient {
  const { extension, log, switches, acceptance } = parts;
  const args = [...command.args, 'serve', '--stdio', '--log-level', own<string>('logLevel') ?? 'info'];
  log.info(`Starting the server from ${command.from}: ${command.program} ${args.join(' ')}`);
  const options: LanguageClientOptions = {
    documentSelector: SCHEMES.map((scheme) => ({ scheme })),
    initializationOptions: () => chosenSettings(extension),
    outputChannel: log,
    // A wrong setting or a failed request is no reason to open a pane over the user's code.
    revealOutputChannelOn: RevealOutputChannelOn.Never,
    connectionOptions: { maxRestartCount: 3 },
    stdioOptions: { stdout: intoLog, stderr: intoLog },
    middleware: {
      provideInlineCompletionItems: async (document, position, context, token, next) => {
        const asked = context.triggerKind === vscode.InlineCompletionTriggerKind.Invoke;
        if (!asked && switches.whyOff(document)) return [];
        const items = await next(document, position, context, token);
        acceptance.suggested(document, position, items);
        return items;
      },
      // The popup would show the same text again, and VS Code hides ghost text behind it.
      provideCompletionItem: async (document, position, context, token, next) =>
        document.fileName.endsWith('slm-lsp.toml') ? next(document, position, context, token) : [],
      workspace: { configuration: ({ items }) => answers(extension, items) },
      executeCommand: async (name, args, next) => {
        const answer = await next(name, args);
        if (name === ACCEPTED) parts.onAccepted();
        return answer;
      },
    },
  };
  const executable = {
    command: command.program,
    args,
    options: { cwd: command.cwd, env: cleanEnvironment() },
  };
  return new LanguageClient('slm-lsp', 'slm-lsp', executable, options);
}

/** One that is starting can neither be stopped nor disposed of in peace: it is waited for. */
export async function endClient(client: LanguageClient, log: vscode.LogOutputChannel): Promise<void> {
  const end = () => client.dispose().catch((error) => log.warn(`Stopping: ${error}`));
  if (client.state === State.Starting) {
    // Whoever started it; one that takes long ends by itself.
    const up = client.start().catch(() => undefined);
    const late = new Promise((resolve) => setTimeout(() => resolve(LATE), PATIENCE_MS));
    if ((await Promise.race([up, late])) === LATE) {
      void up.then(end);
      return;
    }
  }
  await end();
}

/** The server's lines, each with the level that it names; by default all would be errors. */
function intoLog(input: Readable, log: vscode.LogOutputChannel): void {
  createInterface({ input, crlfDelay: Infinity }).on('line', (line) => {
    const [, level, text] = /^[\d:.]+ (\w+) (.*)$/.exec(line) ?? ['', '', line];
    if (level === 'error' || level === 'critical') log.error(text);
    else if (level === 'warning') log.warn(text);
    // VS Code drops what is below its own level: the setting for ours has decided already.
    else log.info(level === 'debug' ? `debug ${text}` : text);
  });
}
