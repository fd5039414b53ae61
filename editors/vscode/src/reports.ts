// What the server can say about itself, and about the models on this machine.
import * as vscode from 'vscode';

import { Controller } from './controller';
import { Report } from './protocol';
import { runSubcommand } from './server';

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
  await showText(output);
}

export async function showStatistics(controller: Controller): Promise<void> {
  const report = await controller.report();
  controller.status.count(report);
  await showText(report ? statistics(report) : 'The server is not running.\n');
}

/** Models that are on this machine already; nothing is downloaded from here. */
export async function pickModel(controller: Controller): Promise<void> {
  const { command } = controller;
  if (!command) return;
  const { code, answer } = await runSubcommand(command, ['models', 'list', '--json']);
  const models = code === 0 ? listed(answer) : [];
  const choices = [
    { label: 'bundled', description: 'the model in the package', model: undefined },
    ...models
      .filter(({ where, kind }) => !where?.startsWith('package') && kind !== 'adapter')
      .map((model) => ({
        label: model.name,
        description: model.size ? `${Math.round(model.size / 1e6)} MB` : '',
        detail: model.sha256,
        model,
      })),
  ];
  const choice = await vscode.window.showQuickPick(choices, {
    title: 'Which model should complete?',
    placeHolder: '`slm-lsp models pull` in a terminal brings more',
  });
  if (!choice) return;
  const settings = vscode.workspace.getConfiguration('slm-lsp.model');
  for (const name of [...IDENTITY, ...ADAPTER.map((one) => `adapter.${one}`)]) {
    if (settings.inspect(name)?.globalValue !== undefined) await settings.update(name, undefined, true);
  }
  await settings.update('sha256', choice.model?.sha256, true);
  await settings.update('name', choice.model?.name, true);
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
    .map(([name, value]) => `  ${name.replace(/_/g, ' ').padEnd(width)}  ${value ?? '–'}\n`)
    .join('');
}

async function showText(content: string): Promise<void> {
  const document = await vscode.workspace.openTextDocument({ language: 'plaintext', content });
  await vscode.window.showTextDocument(document, { preview: true });
}
