// The language client: VS Code on one side, the server's process on the other.
import { Interface, createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import * as vscode from 'vscode';
import {
  CloseAction,
  CloseHandlerResult,
  ErrorAction,
  LanguageClient,
  LanguageClientOptions,
  RevealOutputChannelOn,
  State,
} from 'vscode-languageclient/node';

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
// A server that ends more often than this within the time is not started again by itself.
const MOST_ENDS = 3;
const WITHIN_MS = 3 * 60 * 1000;
const LAST_WORD_MS = 1000;

export interface Parts {
  extension: vscode.Extension<unknown>;
  log: vscode.LogOutputChannel;
  switches: Switches;
  acceptance: Acceptance;
  onAccepted: () => void;
  /** The server that was up has ended, and is not started again. */
  onGivenUp: (why: string) => void;
}

/** What the library would say in a message for each, over the code, goes into the log: the controller
 * says what there is to say, once and with its cure. */
export class Client extends LanguageClient {
  private said = '';
  private silent: Promise<unknown> = Promise.resolve();

  /** Notes what the server writes beside its answers, besides logging it. */
  listenTo(stderr: Readable, log: vscode.LogOutputChannel): void {
    const lines = intoLog(stderr, log, (line) => (this.said = line));
    this.silent = new Promise((resolve) => lines.on('close', resolve));
  }

  /** What the server wrote last, which may come after its end. */
  async lastWord(): Promise<string> {
    await Promise.race([this.silent, new Promise((resolve) => setTimeout(resolve, LAST_WORD_MS))]);
    return this.said;
  }

  override error(message: string, data?: unknown): void {
    super.error(message, data, false);
  }
}

export function makeClient(command: ServerCommand, parts: Parts): Client {
  const { extension, log, switches, acceptance } = parts;
  const args = [...command.args, 'serve', '--stdio', '--log-level', own<string>('logLevel') ?? 'info'];
  log.info(`Starting the server from ${command.from}: ${command.program} ${args.join(' ')}`);
  const options: LanguageClientOptions = {
    documentSelector: SCHEMES.map((scheme) => ({ scheme })),
    initializationOptions: () => chosenSettings(extension),
    outputChannel: log,
    // A wrong setting or a failed request is no reason to open a pane over the user's code.
    revealOutputChannelOn: RevealOutputChannelOn.Never,
    initializationFailedHandler: () => false,
    errorHandler: {
      error: (_error, _message, count) => ({
        action: count && count > MOST_ENDS ? ErrorAction.Shutdown : ErrorAction.Continue,
        handled: true,
      }),
      closed: () => ended(),
    },
    stdioOptions: {
      stdout: intoLog,
      stderr: (input, output) => client.listenTo(input, output),
    },
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
  const client = new Client('slm-lsp', 'slm-lsp', executable, options);
  let up = false;
  let wasUp = false;
  client.onDidChangeState(({ newState }) => {
    if (newState === State.Running) up = wasUp = true;
  });
  const ends: number[] = [];
  const ended = (): CloseHandlerResult => {
    const now = Date.now();
    ends.push(now);
    const often = ends.length > MOST_ENDS && now - ends[ends.length - 1 - MOST_ENDS] < WITHIN_MS;
    // One that ended before it was up would do so again; who started it the first time is told.
    const again = up && !often;
    up = false;
    if (!again && wasUp) void client.lastWord().then(parts.onGivenUp);
    return { action: again ? CloseAction.Restart : CloseAction.DoNotRestart, handled: true };
  };
  return client;
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
function intoLog(
  input: Readable,
  log: vscode.LogOutputChannel,
  said: (line: string) => void = () => undefined,
): Interface {
  return createInterface({ input, crlfDelay: Infinity }).on('line', (line) => {
    const [, level, text] = /^[\d:.]+ (\w+) (.*)$/.exec(line) ?? ['', '', line];
    if (text.trim()) said(text.trim().slice(0, 200));
    if (level === 'error' || level === 'critical') log.error(text);
    else if (level === 'warning') log.warn(text);
    // VS Code drops what is below its own level: the setting for ours has decided already.
    else log.info(level === 'debug' ? `debug ${text}` : text);
  });
}
