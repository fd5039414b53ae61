// What the user chose, in the server's shape. Only what was chosen: a default sent from here would
// override the repository's slm-lsp.toml.
import * as vscode from 'vscode';

const SECTION = 'slm-lsp';
const OWN = new Set(['path', 'python', 'logLevel', 'trace']);

/** How the values of one setting in several places become one: as between the server's layers. */
type Merge = 'add up' | 'only on' | 'only off' | 'user first' | undefined;

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
  const { merges } = extension.packageJSON as { merges: Record<string, Merge> };
  const tree: Tree = {};
  for (const key of settingNames(extension)) {
    const value = chosen(configuration, key, merges[key]);
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

/** A window's file and a folder's `.vscode` may be a stranger's: they cannot give back to the model
 * what the person keeps from it, nor switch on again what the person switched off. */
export function chosen(
  configuration: vscode.WorkspaceConfiguration,
  key: string,
  merge: Merge,
): unknown {
  const found = configuration.inspect(key);
  const others = vscode.workspace.isTrusted
    ? [found?.workspaceValue, found?.workspaceFolderValue]
    : [];
  const values = [found?.globalValue, ...others].filter((one) => one !== undefined && one !== null);
  const last = values[values.length - 1];
  if (merge === 'only off') return onlyOff(found?.globalValue ?? undefined, last);
  // What is not of the setting's type goes on as it is: the server says what is wrong with it.
  const wrong = values.find((one) => (merge === 'only on' ? typeof one !== 'boolean' : !Array.isArray(one)));
  if (merge === undefined || values.length < 2) return last;
  if (wrong !== undefined) return wrong;
  if (merge === 'only on') return values.includes(true);
  if (merge === 'add up') return [...new Set(values.flat())];
  return values.find((one) => (one as unknown[]).length > 0) ?? last;
}

/** What a stranger's file switches on says nothing: sent from here, it would count as the person's word
 * and speak over their own file. */
function onlyOff(mine: unknown, last: unknown): unknown {
  return last === true ? mine : mine === false ? false : last;
}

function put(tree: Tree, path: string[], value: unknown): void {
  const [name, ...rest] = path;
  if (rest.length === 0) tree[name] = value;
  else put((tree[name] ??= {}) as Tree, rest, value);
}
