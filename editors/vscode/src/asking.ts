// Whether to ask for a Python environment: once, ever, and once for each update after that.
import * as vscode from 'vscode';

import { Environment } from './environment';

const ASKED = 'askedToSetUp';
const YES = 'Set Up';

/** What to ask now, and from now on no more; undefined when it was asked before. */
export async function questionToAsk(
  context: vscode.ExtensionContext,
  environment: Environment,
): Promise<string | undefined> {
  const { version } = context.extension.packageJSON;
  const asked = context.globalState.get<string | boolean>(ASKED);
  // Who said no to one version is not asked about the next.
  const updated = asked !== undefined && asked !== version && (await environment.wasWanted());
  if (asked !== undefined && !updated) return undefined;
  await context.globalState.update(ASKED, version);
  return updated
    ? 'slm-lsp was updated. Its Python environment has to be made anew, which takes a few minutes.'
    : 'slm-lsp completes code with a small model on this machine. It needs a Python environment of its own, made once; that takes a few minutes.';
}

export async function says(question: string): Promise<boolean> {
  return (await vscode.window.showInformationMessage(question, YES, 'Not Now')) === YES;
}
