// Where completion is off: this file, this language, everywhere, or for a while.
import * as vscode from 'vscode';

import { values } from './settings';

const FILES = 'filesSwitchedOff';
const LANGUAGES = 'completion.disabled_languages';

export class Switches implements vscode.Disposable {
  private readonly changed = new vscode.EventEmitter<void>();
  private snoozedUntil = 0;
  private alarm: NodeJS.Timeout | undefined;
  readonly onChange = this.changed.event;

  constructor(private readonly memory: vscode.Memento) {}

  /** Why nothing is suggested in this document, or undefined. */
  whyOff(document: vscode.TextDocument): string | undefined {
    if (this.minutesLeft > 0) return `snoozing for ${this.minutesLeft} more min`;
    if (this.files.includes(document.uri.toString())) return 'off in this file';
    if (!this.everywhere) return 'off everywhere';
    const here = settings(document);
    if (!here.get<boolean>('completion.enabled', true)) return 'off in this folder';
    const { languageId } = document;
    if (this.languages.includes(languageId)) return `off for ${languageId}`;
    if (values(here, LANGUAGES).flatMap(languagesOff).includes(languageId)) {
      return `off for ${languageId} in this folder`;
    }
    return undefined;
  }

  get minutesLeft(): number {
    return Math.max(0, Math.ceil((this.snoozedUntil - Date.now()) / 60_000));
  }

  /** By the person's own settings: a workspace may switch it off, but does not switch it on again. */
  get everywhere(): boolean {
    return settings().inspect<boolean>('completion.enabled')?.globalValue !== false;
  }

  /** The person's own list, which the switches change; a folder's adds to it. */
  get languages(): string[] {
    return languagesOff(settings().inspect(LANGUAGES)?.globalValue);
  }

  isFileOff(document: vscode.TextDocument): boolean {
    return this.files.includes(document.uri.toString());
  }

  async toggleEverywhere(): Promise<void> {
    // Not `true`, which would also speak over repositories that switch it off.
    await settings().update('completion.enabled', this.everywhere ? false : undefined, true);
    this.changed.fire();
  }

  async toggleLanguage(language: string): Promise<void> {
    const others = this.languages.filter((name) => name !== language);
    const off = others.length === this.languages.length ? [...others, language] : others;
    await settings().update(LANGUAGES, off.length ? off : undefined, true);
    this.changed.fire();
  }

  /** Kept with the workspace, not in its settings: those are often shared. */
  async toggleFile(uri: vscode.Uri): Promise<void> {
    const others = this.files.filter((name) => name !== uri.toString());
    const off = others.length === this.files.length ? [...others, uri.toString()] : others;
    await this.memory.update(FILES, off);
    this.changed.fire();
  }

  /** Zero minutes wake it up. */
  snooze(minutes: number): void {
    clearTimeout(this.alarm);
    this.snoozedUntil = Date.now() + minutes * 60_000;
    if (minutes > 0) this.alarm = setTimeout(() => this.changed.fire(), minutes * 60_000 + 100);
    this.changed.fire();
  }

  dispose(): void {
    clearTimeout(this.alarm);
    this.changed.dispose();
  }

  private get files(): string[] {
    return this.memory.get<string[]>(FILES, []);
  }
}

function settings(document?: vscode.TextDocument): vscode.WorkspaceConfiguration {
  return vscode.workspace.getConfiguration('slm-lsp', document ?? null);
}

function languagesOff(value: unknown): string[] {
  // The server complains about anything else; the status bar goes on.
  return Array.isArray(value) ? value : [];
}
