// What a click on the status bar offers.
import * as vscode from 'vscode';

import { Switches } from './switches';

interface Choice extends vscode.QuickPickItem {
  command?: string;
}

export async function showMenu(switches: Switches, state: string): Promise<void> {
  const document = vscode.window.activeTextEditor?.document;
  const choice = await vscode.window.showQuickPick(choices(switches, document), {
    title: `slm-lsp is ${document ? (switches.whyOff(document) ?? state) : state}`,
    placeHolder: 'What should it do?',
  });
  if (choice?.command) await vscode.commands.executeCommand(choice.command);
}

export async function askSnooze(switches: Switches): Promise<void> {
  if (switches.minutesLeft > 0) return switches.snooze(0);
  const lengths = [5, 15, 60].map((minutes) => ({ label: `${minutes} minutes`, minutes }));
  const choice = await vscode.window.showQuickPick(lengths, {
    placeHolder: 'No suggestions by themselves for…',
  });
  if (choice) switches.snooze(choice.minutes);
}

function choices(switches: Switches, document: vscode.TextDocument | undefined): Choice[] {
  const separator = { label: '', kind: vscode.QuickPickItemKind.Separator };
  const here: Choice[] = [];
  if (document) {
    const fileOff = switches.isFileOff(document);
    const languageOff = switches.languages.includes(document.languageId);
    here.push(
      {
        label: `$(file) Switch ${fileOff ? 'on' : 'off'} in this file`,
        command: 'slm-lsp.toggleFile',
      },
      {
        label: `$(code) Switch ${languageOff ? 'on' : 'off'} for ${document.languageId}`,
        command: 'slm-lsp.toggleLanguage',
      },
    );
  }
  const snoozing = switches.minutesLeft;
  return [
    ...here,
    {
      label: `$(globe) Switch ${switches.everywhere ? 'off' : 'on'} everywhere`,
      command: 'slm-lsp.toggle',
    },
    {
      label: snoozing ? '$(bell) Wake up' : '$(bell-slash) Snooze…',
      command: 'slm-lsp.snooze',
    },
    separator,
    { label: '$(search) Explain the last suggestion', command: 'slm-lsp.explain' },
    { label: '$(graph) Show statistics', command: 'slm-lsp.statistics' },
    { label: '$(shield) Prove that nothing leaves this machine', command: 'slm-lsp.proveOffline' },
    separator,
    { label: '$(package) Pick a model…', command: 'slm-lsp.pickModel' },
    { label: '$(refresh) Restart the server', command: 'slm-lsp.restart' },
    { label: '$(output) Show the log', command: 'slm-lsp.showLog' },
  ];
}
