// What the user chose, in the server's shape. Only what was chosen: a default sent from here would
// override the repository's slm-lsp.toml.
import * as vscode from 'vscode';

const SECTION = 'slm-lsp';
const OWN = new Set(['path', 'python', 'logLevel', 'trace']);

interface Tree {
  [name: string]: unknown;
}

/** `{"slm-lsp": {...}}` with every setting that somebody set, and nothing else. What is set for the
 * window and, with a folder, for that one, is told apart from what the person set: it may be a
 * stranger's, and the server knows what that may not do. */
export function chosenSettings(
  extension: vscode.Extension<unknown>,
  folder?: vscode.Uri,
): { [SECTION]: Tree } {
  const configuration = vscode.workspace.getConfiguration(undefined, folder ?? null);
  const places: Tree[] = [{}, {}, {}];
  for (const key of settingNames(extension)) {
    values(configuration, key).forEach((value, n) => {
      if (value !== undefined && value !== null) put(places[n], key.split('.').slice(1), value);
    });
  }
  const [mine, ...others] = places;
  const workspace = others.filter((one) => Object.keys(one).length > 0);
  return { [SECTION]: workspace.length > 0 ? { ...mine, workspace } : mine };
}

/** What the person set, then what the window's file and a folder's `.vscode` set. */
export function values(configuration: vscode.WorkspaceConfiguration, key: string): unknown[] {
  const found = configuration.inspect(key);
  const trusted = vscode.workspace.isTrusted;
  return [found?.globalValue, ...(trusted ? [found?.workspaceValue, found?.workspaceFolderValue] : [])];
}

/** What the server asks for: the section for the whole window, or for one folder of it. */
export function answers(
  extension: vscode.Extension<unknown>,
  items: readonly { scopeUri?: string; section?: string }[],
): (Tree | null)[] {
  return items.map(({ scopeUri, section }) => {
    const folder = scopeUri === undefined ? undefined : vscode.Uri.parse(scopeUri);
    return section === SECTION ? chosenSettings(extension, folder)[SECTION] : null;
  });
}

export function affectsServer(event: vscode.ConfigurationChangeEvent): boolean {
  return event.affectsConfiguration(SECTION);
}

/** What the server has to be started anew for. */
export function startingSettings(): string {
  return JSON.stringify(['path', 'python', 'logLevel'].map((name) => own(name)));
}

export function own<T>(name: string): T | undefined {
  return vscode.workspace.getConfiguration(SECTION).get<T>(name);
}

function settingNames(extension: vscode.Extension<unknown>): string[] {
  const sections: { properties: object }[] = extension.packageJSON.contributes.configuration;
  return sections
    .flatMap((section) => Object.keys(section.properties))
    .filter((key) => !OWN.has(key.split('.')[1]));
}

function put(tree: Tree, path: string[], value: unknown): void {
  const [name, ...rest] = path;
  if (rest.length === 0) tree[name] = value;
  else put((tree[name] ??= {}) as Tree, rest, value);
}
