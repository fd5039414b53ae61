// "Explain last suggestion": all that the model saw, and what became of its answer. The page has no
// scripts and loads nothing; every piece of source in it is escaped.
import * as vscode from 'vscode';

import { Explanation } from './protocol';

const PARTS: Record<string, string> = {
  marker: 'marker of the model',
  snippet: 'snippet from elsewhere',
  header: 'file header',
  suffix: 'after the cursor',
  prefix: 'before the cursor',
};

export class ExplainView implements vscode.Disposable {
  private panel: vscode.WebviewPanel | undefined;

  show(explanation: Explanation | null | undefined): void {
    this.panel ??= this.open();
    this.panel.webview.html = page(explanation ?? undefined);
    this.panel.reveal(this.panel.viewColumn, true);
  }

  private open(): vscode.WebviewPanel {
    const panel = vscode.window.createWebviewPanel(
      'slm-lsp.explain',
      'Explain: slm-lsp',
      { viewColumn: vscode.ViewColumn.Beside, preserveFocus: true },
      { enableScripts: false, localResourceRoots: [], enableFindWidget: true },
    );
    panel.onDidDispose(() => (this.panel = undefined));
    return panel;
  }

  dispose(): void {
    this.panel?.dispose();
  }
}

/** The whole page; exported for the tests. */
export function page(explanation: Explanation | undefined): string {
  const body = explanation ? report(explanation) : '<p>Nothing has been asked of the model yet.</p>';
  return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>Explain: slm-lsp</title>
<style>${STYLE}</style>
</head>
<body>${body}</body>
</html>`;
}

function report(e: Explanation): string {
  const file = decodeURIComponent(e.uri.split('/').pop() ?? e.uri);
  const how = [e.trigger, e.mode && `${e.mode} mode`, e.from_cache && 'from the cache'];
  return [
    `<h1>${escape(file)}</h1>`,
    `<p>${escape(how.filter(Boolean).join(', '))}</p>`,
    outcome(e),
    `<h2>What happened to the answer</h2>${verdicts(e)}`,
    `<h2>What the model saw</h2>${e.from_cache ? '<p>It was not asked again. When it was asked last in this file:</p>' : ''}${legend(e)}<pre id="prompt">${prompt(e)}</pre>`,
    `<h2>Snippets</h2>${snippets('snippets', e.snippets) || '<p>None: the prompt holds this file only.</p>'}`,
    e.left_out.length ? `<h2>Left out</h2>${snippets('left-out', e.left_out)}` : '',
    `<h2>Time</h2>${table(e.timings_ms, 'ms')}`,
    `<h2>Tokens</h2>${table(e.counts, '')}`,
  ].join('\n');
}

function outcome(e: Explanation): string {
  const odds = e.probability === null ? '' : `<p>Such a suggestion begins right in ${Math.round(100 * e.probability)} % of cases.</p>`;
  if (e.skip_reason) return `<p class="outcome">No suggestion: ${escape(e.skip_reason)}.</p>${odds}`;
  const last = e.verdicts.length ? e.verdicts[e.verdicts.length - 1].after : e.raw;
  return `<p class="outcome">Suggested:</p><pre id="suggestion">${escape(last ?? '')}</pre>${odds}`;
}

function verdicts(e: Explanation): string {
  const rows = e.verdicts
    .filter((v) => v.before !== v.after)
    .map((v) => {
      const after = v.after === null ? '<em>dropped</em>' : `<pre>${escape(v.after)}</pre>`;
      return `<tr><td>${escape(v.filter)}</td><td><pre>${escape(v.before)}</pre></td><td>${after}</td></tr>`;
    });
  const silent = e.verdicts.length - rows.length;
  const head = '<tr><th>Filter</th><th>before</th><th>after</th></tr>';
  return [
    `<p>The model wrote:</p><pre id="raw">${escape(e.raw)}</pre>`,
    rows.length ? `<table id="verdicts">${head}${rows.join('')}</table>` : '',
    silent ? `<p>${silent} filters had nothing to say.</p>` : '',
  ].join('');
}

function legend(e: Explanation): string {
  const used = new Set(e.prompt.map((segment) => segment.part ?? ''));
  const keys = Object.keys(PARTS).filter((part) => used.has(part));
  return `<p>${keys.map((part) => `<span class="${part}">${PARTS[part]}</span>`).join(' ')}</p>`;
}

function prompt(e: Explanation): string {
  return e.prompt
    .map(({ part, text }) => {
      const known = part !== undefined && part in PARTS ? part : 'other';
      return `<span class="${known}">${escape(text)}</span>`;
    })
    .join('');
}

/** Where each came from and why; their texts are in the prompt. */
function snippets(id: string, found: Record<string, unknown>[]): string {
  if (!found.length) return '';
  const names = Object.keys(found[0]);
  const head = names.map((name) => `<th>${escape(name)}</th>`).join('');
  const rows = found.map((snippet) => {
    const cells = names.map((name) => `<td>${escape(shown(snippet[name]))}</td>`).join('');
    return `<tr>${cells}</tr>`;
  });
  return `<table id="${id}"><tr>${head}</tr>${rows.join('')}</table>`;
}

function table(numbers: Record<string, number>, unit: string): string {
  const rows = Object.entries(numbers).map(
    ([name, value]) =>
      `<tr><td>${escape(name.replace(/_/g, ' '))}</td><td class="number">${escape(shown(value))} ${unit}</td></tr>`,
  );
  return rows.length ? `<table>${rows.join('')}</table>` : '<p>Nothing was measured.</p>';
}

function shown(value: unknown): string {
  if (typeof value === 'number') return Number.isInteger(value) ? String(value) : value.toFixed(2);
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function escape(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

const STYLE = `
body { font-family: var(--vscode-font-family); color: var(--vscode-editor-foreground); padding: 0 1rem 2rem; }
h1 { font-size: 1.4em; } h2 { font-size: 1.1em; margin-top: 1.6em; }
pre { font-family: var(--vscode-editor-font-family); font-size: var(--vscode-editor-font-size);
  white-space: pre-wrap; overflow-wrap: anywhere; margin: 0.2em 0; }
#prompt, #raw, #suggestion { padding: 0.6em; border: 1px solid var(--vscode-panel-border); }
table { border-collapse: collapse; } th { text-align: left; font-weight: 600; }
td, th { padding: 0.15em 1em 0.15em 0; vertical-align: top; } .number { text-align: right; }
.outcome { font-weight: 600; }
p > span { padding: 0 0.4em; margin-right: 0.4em; }
.marker { color: var(--vscode-badge-foreground); background: var(--vscode-badge-background); }
.snippet { border-left: 3px solid var(--vscode-charts-blue); background: color-mix(in srgb, var(--vscode-charts-blue) 18%, transparent); }
.header { background: color-mix(in srgb, var(--vscode-charts-purple) 25%, transparent); }
.suffix { background: color-mix(in srgb, var(--vscode-charts-orange) 22%, transparent); }
.prefix { background: color-mix(in srgb, var(--vscode-charts-green) 22%, transparent); }
`;
