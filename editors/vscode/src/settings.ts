// What the user chose, in the server's shape. Only what was chosen: a default sent from here would
// override the repository's slm-lsp.toml.
import * as vscode from 'vscode';

const SECTION = 'slm-lsp';
const OWN = new Set(['path', 'python', 'logLevel', 'trace']);

interface Tree {
  [name: string]: unknown;
}

/** `{"slm-lsp": {...}}` with every setting that somebody set, and nothing else. */
export function chosenSettings(extension: vscode.Extension<unknown>): { [SECTION]: Tree } {
  const configuration = vscode.workspace.getConfiguration();
  const tree: Tree = {};
  for (const key of settingNames(extension)) {
    const value = chosen(configuration, key);
    if (value !== undefined && value !== null) put(tree, key.split('.').slice(1), value);
  }
  return { [SECTION]: tree };
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
  const ofWorkspace = vscode.workspace.isTrusted ? found?.workspaceValue : undefined;
  return ofWorkspace ?? found?.globalValue;
}

function put(tree: Tree, path: string[], value: unknown): void {
  const [name, ...rest] = path;
  if (rest.length === 0) tree[name] = value;
  else put((tree[name] ??= {}) as Tree, rest, value);
}
