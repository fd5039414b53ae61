// What the server can say about itself, and about the models on this machine.
import * as vscode from 'vscode';

import { Controller } from './controller';
import { Report } from './protocol';
import { runSubcommand } from './server';
import { values } from './settings';

/** Without a name: whatever the repository says. */
interface Choice extends vscode.QuickPickItem {
  name?: string;
  sha256?: string;
}

interface ListedModel {
  name: string;
  sha256: string;
  size?: number;
  where?: string;
  kind?: 'model' | 'adapter';
}

// What says which file is loaded and how it is read, but for its name and hash: that of one model
// would be held against another.
const IDENTITY = ['path', 'size', 'source', 'template'];
const ADAPTER = ['sha256', 'size', 'source', 'scale'];
const BUNDLED = 'bundled';
const SCHEME = 'slm-lsp';

/** Reports as documents that nobody can change, is asked to save, or completes code in. */
export class Pages implements vscode.TextDocumentContentProvider, vscode.Disposable {
  private readonly texts = new Map<string, string>();
  private readonly changed = new vscode.EventEmitter<vscode.Uri>();
  readonly onDidChange = this.changed.event;
  private readonly registered = vscode.workspace.registerTextDocumentContentProvider(SCHEME, this);

  async show(title: string, text: string): Promise<void> {
    const uri = vscode.Uri.from({ scheme: SCHEME, path: title });
    this.texts.set(title, text);
    this.changed.fire(uri);
    await vscode.window.showTextDocument(await vscode.workspace.openTextDocument(uri), { preview: true });
  }

  provideTextDocumentContent(uri: vscode.Uri): string {
    return this.texts.get(uri.path) ?? 'It was shown before VS Code was started again.\n';
  }

  dispose(): void {
    this.registered.dispose();
    this.changed.dispose();
  }
}

/** Run the doctor's attempts to get out, and show every refusal. */
export async function proveOffline(controller: Controller): Promise<void> {
  const { command } = controller;
  if (!command) return;
  const options = {
    location: vscode.ProgressLocation.Notification,
    title: 'Trying to get out…',
    cancellable: true,
  };
  const { output } = await vscode.window.withProgress(options, (_, token) =>
    runSubcommand(command, ['doctor', '--prove-offline'], token),
  );
  await controller.pages.show('slm-lsp: proof', output);
}

export async function showStatistics(controller: Controller): Promise<void> {
  const report = await controller.report();
  controller.status.count(report);
  await controller.pages.show(
    'slm-lsp: statistics',
    report ? statistics(report) : 'The server is not running.\n',
  );
}

/** Models that are on this machine already; nothing is downloaded from here. */
export async function pickModel(controller: Controller): Promise<void> {
  const { command } = controller;
  if (!command) return;
  const { code, answer } = await runSubcommand(command, ['models', 'list', '--json']);
  const models = code === 0 ? listed(answer) : [];
  const settings = vscode.workspace.getConfiguration(
    'slm-lsp.model',
    vscode.window.activeTextEditor?.document,
  );
  const names = ['name', 'sha256', ...IDENTITY, ...ADAPTER.map((one) => `adapter.${one}`)];
  const chosen = names.filter((name) => settings.inspect(name)?.globalValue !== undefined);
  const choices: Choice[] = [
    { label: BUNDLED, description: 'the model in the package', name: BUNDLED },
    ...models
      .filter(({ where, kind }) => !where?.startsWith('package') && kind !== 'adapter')
      .map((model) => ({
        label: model.name,
        description: model.size ? `${Math.round(model.size / 1e6)} MB` : '',
        detail: model.sha256,
        name: model.name,
        sha256: model.sha256,
      })),
  ];
  if (chosen.length > 0) {
    choices.push({
      label: 'no choice of mine',
      description: "what a repository's slm-lsp.toml names, or else the bundled one",
    });
  }
  const choice = await vscode.window.showQuickPick(choices, {
    title: 'Which model should complete?',
    placeHolder: '`slm-lsp models pull` in a terminal brings more',
  });
  if (!choice) return;
  for (const name of chosen) await settings.update(name, undefined, true);
  // Written down for the bundled one, too: a repository may name another.
  if (choice.sha256) await settings.update('sha256', choice.sha256, true);
  if (choice.name) await settings.update('name', choice.name, true);
  if (['name', 'sha256'].some((name) => values(settings, name).slice(1).some(Boolean))) {
    void vscode.window.showInformationMessage(
      'slm-lsp: the settings of this workspace name a model, and that one counts here.',
    );
  }
}

function listed(output: string): ListedModel[] {
  try {
    const parsed: unknown = JSON.parse(output);
    const models = Array.isArray(parsed) ? parsed : (parsed as { models?: unknown[] }).models;
    return (models ?? []) as ListedModel[];
  } catch {
    return [];
  }
}

function statistics(report: Report): string {
  const { model, counters, latency_ms: latency } = report;
  const { work, ...worker } = report.worker;
  const sections: [string, Record<string, unknown>][] = [
    ['Model', model ? { ...model } : { name: 'none' }],
    ['Process', { state: report.state, message: report.message, ...worker }],
    ['Since the server started', counters],
    ['What its model did', work ?? {}],
    ['Milliseconds from request to suggestion', latency],
  ];
  return sections.map(([title, rows]) => `${title}\n${lines(rows)}`).join('\n');
}

function lines(rows: Record<string, unknown>): string {
  const width = Math.max(0, ...Object.keys(rows).map((name) => name.length));
  return Object.entries(rows)
    .map(([name, value]) => `  ${name.replace(/_/g, ' ').padEnd(width)}  ${shown(value)}\n`)
    .join('');
}

function shown(value: unknown): string {
  if (typeof value !== 'number' || Number.isInteger(value)) return String(value ?? '–');
  return value.toFixed(1);
}
