// Counting what was taken. VS Code runs a suggestion's command when all of it is taken; taking one
// word or one line of it shows only as an edit, which is recognised here.
import * as vscode from 'vscode';

import { ACCEPTED, Accepted } from './protocol';

interface Shown {
  uri: string;
  /** Where the text goes: line and character of the suggestion's left edge. */
  start: vscode.Position;
  text: string;
  /** Characters of it that are in the document already, as the server counts: one for an emoji. */
  taken: number;
  told: Accepted;
}

export class Acceptance implements vscode.Disposable {
  private shown: Shown | undefined;
  private readonly listening: vscode.Disposable;

  constructor(private readonly report: (accepted: Accepted) => void) {
    this.listening = vscode.workspace.onDidChangeTextDocument((event) => this.edited(event));
  }

  /** What a request brought back. */
  suggested(
    document: vscode.TextDocument,
    position: vscode.Position,
    items: vscode.InlineCompletionItem[] | vscode.InlineCompletionList | null | undefined,
  ): void {
    const [item] = Array.isArray(items) ? items : (items?.items ?? []);
    const told = item?.command?.arguments?.[0] as Accepted | undefined;
    this.shown =
      told && item.command?.command === ACCEPTED && typeof item.insertText === 'string'
        ? {
            uri: document.uri.toString(),
            start: item.range?.start ?? position,
            text: item.insertText,
            taken: 0,
            told,
          }
        : undefined;
  }

  private edited(event: vscode.TextDocumentChangeEvent): void {
    const { shown } = this;
    if (!shown || event.document.uri.toString() !== shown.uri) return;
    // Saving, and the first edit after it, are events of their own, with no change of the text.
    if (event.contentChanges.length === 0) return;
    const undone = event.reason !== undefined;
    const part = event.contentChanges.length === 1 ? this.part(event.contentChanges[0], shown) : '';
    if (undone || !part) {
      this.shown = undefined;
      return;
    }
    const rest = shown.text.slice(part.length);
    const taken = shown.taken + [...part].length;
    this.shown = rest ? { ...shown, text: rest, taken, start: moved(shown.start, part) } : undefined;
    // A single character was as likely typed; all the rest is counted by the command.
    if (part.length > 1 && rest) {
      const kind = part.includes('\n') || rest.startsWith('\n') ? 'line' : 'word';
      this.report({ id: shown.told.id, kind, length: taken });
    }
  }

  /** The beginning of the suggestion that this edit put where the suggestion stood, or ''. */
  private part(change: vscode.TextDocumentContentChangeEvent, shown: Shown): string {
    const text = change.text.replace(/\r\n/g, '\n');
    if (!change.range.start.isEqual(shown.start)) return '';
    return shown.text.startsWith(text) ? text : '';
  }

  dispose(): void {
    this.listening.dispose();
  }
}

function moved(start: vscode.Position, text: string): vscode.Position {
  const lines = text.split('\n');
  const last = lines[lines.length - 1].length;
  return lines.length === 1
    ? start.translate(0, last)
    : new vscode.Position(start.line + lines.length - 1, last);
}
