// The status bar item: how the server is, in one glance.
import * as vscode from 'vscode';

import { Report, State, Status } from './protocol';
import { Switches } from './switches';

const ICONS: Record<State, string> = {
  loading: '$(loading~spin)',
  ready: '$(sparkle)',
  busy: '$(sync~spin)',
  off: '$(circle-slash)',
  error: '$(warning)',
};

export class StatusItem implements vscode.Disposable {
  private readonly item = vscode.window.createStatusBarItem(
    'slm-lsp.status',
    vscode.StatusBarAlignment.Right,
    100,
  );
  private readonly subscriptions: vscode.Disposable[];
  private status: Status = {
    state: 'off',
    message: 'not started',
    model: null,
    tokens_per_second: null,
  };
  private report: Report | undefined;
  /** What a click would do, where there is one thing to do. */
  private wish = '';
  private conspicuous = false;

  constructor(private readonly switches: Switches) {
    this.item.name = 'slm-lsp';
    this.item.command = 'slm-lsp.menu';
    this.subscriptions = [
      this.item,
      switches.onChange(() => this.draw()),
      vscode.window.onDidChangeActiveTextEditor(() => this.draw()),
      vscode.workspace.onDidChangeConfiguration(() => this.draw()),
    ];
    this.draw();
    this.item.show();
  }

  get state(): State {
    return this.status.state;
  }

  show(status: Status): void {
    this.status = status;
    this.wish = '';
    this.conspicuous = status.state === 'error';
    this.draw();
  }

  /** A state that is not the server's own: it is not there yet, or not any more. */
  say(state: State, message: string, wish = '', conspicuous = state === 'error'): void {
    this.show({ state, message, model: null, tokens_per_second: null });
    this.wish = wish;
    this.conspicuous = conspicuous;
    this.draw();
  }

  count(report: Report | undefined): void {
    this.report = report;
    this.draw();
  }

  private draw(): void {
    const { state, message, model } = this.status;
    const document = vscode.window.activeTextEditor?.document;
    const off = document && state !== 'error' ? this.switches.whyOff(document) : undefined;
    this.item.text = `${ICONS[off ? 'off' : state]} slm${this.wish && `: ${this.wish}`}`;
    this.item.accessibilityInformation = { label: `slm-lsp: ${off ?? `${state}, ${message}`}` };
    this.item.backgroundColor =
      this.conspicuous ? new vscode.ThemeColor('statusBarItem.warningBackground') : undefined;
    const lines = [`**slm-lsp** is ${off ?? state}: ${off ? 'click to change' : message}`];
    if (model) lines.push(`Model: ${model}${this.speed()}`);
    if (this.report) lines.push(`Accepted: ${this.report.counters.accepted} of ${this.report.counters.shown} shown`);
    const tooltip = new vscode.MarkdownString(lines.join('\n\n'));
    this.item.tooltip = tooltip;
  }

  private speed(): string {
    const speed = this.status.tokens_per_second;
    return speed ? `, ${Math.round(speed)} tokens/s` : '';
  }

  dispose(): void {
    this.subscriptions.forEach((one) => one.dispose());
  }
}
