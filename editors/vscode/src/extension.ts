// Where everything meets: VS Code starts this, and the commands are named here.
import * as vscode from 'vscode';

import { Controller } from './controller';
import { askSnooze, showMenu } from './menu';
import { proveOffline, pickModel, showStatistics } from './reports';

let controller: Controller | undefined;

export async function activate(context: vscode.ExtensionContext): Promise<void> {
  const here = (controller = new Controller(context));
  const { switches } = here;
  const ofEditor = <T>(use: (editor: vscode.TextEditor) => T): T | undefined => {
    const editor = vscode.window.activeTextEditor;
    return editor && use(editor);
  };
  const commands: Record<string, () => unknown> = {
    'slm-lsp.menu': () => (here.needsSetUp ? here.setUp() : showMenu(switches, here.status.state)),
    'slm-lsp.setUp': () => here.setUp(),
    'slm-lsp.toggle': () => switches.toggleEverywhere(),
    'slm-lsp.toggleLanguage': () => ofEditor((e) => switches.toggleLanguage(e.document.languageId)),
    'slm-lsp.toggleFile': () => ofEditor((e) => switches.toggleFile(e.document.uri)),
    'slm-lsp.snooze': () => askSnooze(switches),
    'slm-lsp.pickModel': () => pickModel(here),
    'slm-lsp.restart': () => here.restart(),
    'slm-lsp.showLog': () => here.log.show(),
    'slm-lsp.explain': () => here.explain(),
    'slm-lsp.proveOffline': () => proveOffline(here),
    'slm-lsp.statistics': () => showStatistics(here),
  };
  for (const [id, action] of Object.entries(commands)) {
    context.subscriptions.push(vscode.commands.registerCommand(id, action));
  }
  context.subscriptions.push(here);
  await here.restart(); // the first time, too: settings may change while the server is looked for
  await here.started();
}

export async function deactivate(): Promise<void> {
  await controller?.stop();
}
