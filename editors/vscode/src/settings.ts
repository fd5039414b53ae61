// What the user chose, in the server's shape. Only what was chosen: a default sent from here would
// override the repository's slm-lsp.toml.
import * as vscode from 'vscode';

const SECTION = 'slm-lsp';
const OWN = new Set(['path', 'python', 'logLevel', 'trace']);

interface Tree {
  [name: string]: unknown;
}

/** `{"slm-lsp": {...}}` with every setting that somebody set, and nothing else. With a folder, also
 * what is set for that one. */
export function chosenSettings(
  extension: vscode.Extension<unknown>,
  folder?: vscode.Uri,
): { [SECTION]: Tree } {
  const configuration = vscode.workspace.getConfiguration(undefined, folder ?? null);
  const tree: Tree = {};
  for (const key of settingNames(extension)) {
    const value = chosen(configuration, key);
    if (value !== undefined && value !== null) put(tree, key.split('.').slice(1), value);
  }
  return { [SECTION]: tree };
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

export function own<T>(name: string): T | undefined {
  return vscode.workspace.getConfiguration(SECTION).get<T>(name);
}

function settingNames(extension: vscode.Extension<unknown>): string[] {
  const sections: { properties: object }[] = extension.packageJSON.contributes.configuration;
  return sections
    .flatMap((section) => Object.keys(section.properties))
    .filter((key) => !OWN.has(key.split('.')[1]));
}

function chosen(configuration: vscode.WorkspaceConfiguration, key: string): unknown {
  const found = configuration.inspect(key);
  const ofWorkspace = found?.workspaceFolderValue ?? found?.workspaceValue;
  return (vscode.workspace.isTrusted ? ofWorkspace : undefined) ?? found?.globalValue;
}

function put(tree: Tree, path: string[], value: unknown): void {
  const [name, ...rest] = path;
  if (rest.length === 0) tree[name] = value;
  else put((tree[name] ??= {}) as Tree, rest, value);
}
