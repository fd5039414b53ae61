// The extension's life: find or set up a server, run it, and never nag.
import * as vscode from 'vscode';
import { LanguageClient, State as ClientState } from 'vscode-languageclient/node';

import { Acceptance } from './acceptance';
import { makeClient } from './client';
import { Environment, SetUpFailed } from './environment';
import { ExplainView } from './explain';
import { ACCEPTED, Explanation, Report, StatusNotification } from './protocol';
import { ServerCommand, ServerMissing, findServer } from './server';
import { affectsServer, chosenSettings, startingSettings } from './settings';
import { StatusItem } from './status';
import { Switches } from './switches';

const ASKED = 'askedToSetUp';
// So long a server that is about to be replaced may take to come up: a client that is starting can
// neither be stopped nor disposed of in peace.
const PATIENCE_MS = 5000;
const LATE = Symbol('late');

export class Controller implements vscode.Disposable {
  readonly log = vscode.window.createOutputChannel('slm-lsp', { log: true });
  readonly switches: Switches;
  readonly status: StatusItem;
  readonly environment: Environment;
  command: ServerCommand | undefined;
  client: LanguageClient | undefined;
  needsSetUp = false;

  private readonly acceptance: Acceptance;
  private readonly explainView = new ExplainView();
  private readonly subscriptions: vscode.Disposable[] = [];
  private settingUp: Promise<void> | undefined;
  /** Until the newest server is up or has failed. */
  private starting: Promise<void> = Promise.resolve();
  private restarting: Promise<void> | undefined;
  private again = false;
  /** The settings that the server was started with. */
  private startedWith = '';

  constructor(private readonly context: vscode.ExtensionContext) {
    this.switches = new Switches(context.workspaceState);
    this.status = new StatusItem(this.switches);
    this.environment = new Environment(context);
    this.acceptance = new Acceptance((accepted) => {
      vscode.commands.executeCommand(ACCEPTED, accepted);
    });
    this.subscriptions.push(
      this.log,
      this.switches,
      this.status,
      this.acceptance,
      this.explainView,
      vscode.workspace.onDidChangeConfiguration((event) => this.configured(event)),
      vscode.workspace.onDidGrantWorkspaceTrust(() => this.sendSettings()),
    );
  }

  /** Make the extension's own environment, and start the server in it. */
  setUp(): Promise<void> {
    this.settingUp ??= this.makeEnvironment().finally(() => (this.settingUp = undefined));
    return this.settingUp;
  }

  /** One at a time; what is asked for meanwhile is one more. */
  restart(): Promise<void> {
    this.again = true;
    this.restarting ??= this.restartAsAsked().finally(() => (this.restarting = undefined));
    return this.restarting;
  }

  /** Settles when the server is up, or has failed. */
  started(): Promise<void> {
    return this.starting;
  }

  async stop(): Promise<void> {
    const client = this.client;
    this.client = undefined;
    if (client === undefined) return;
    const end = () => client.dispose().catch((error) => this.log.warn(`Stopping: ${error}`));
    if (client.state === ClientState.Starting) {
      // It cannot be ended before it is up, whoever started it; one that takes long ends by itself.
      const up = client.start().catch(() => undefined);
      const late = new Promise((resolve) => setTimeout(() => resolve(LATE), PATIENCE_MS));
      if ((await Promise.race([up, late])) === LATE) {
        void up.then(end);
        return;
      }
    }
    await end();
  }

  /** `slm.status`, or undefined while there is no server to answer. */
  async report(): Promise<Report | undefined> {
    if (this.client?.state !== ClientState.Running) return undefined;
    return vscode.commands.executeCommand<Report>('slm.status');
  }

  async explain(): Promise<void> {
    const running = this.client?.state === ClientState.Running;
    const explanation = running
      ? await vscode.commands.executeCommand<Explanation | null>('slm.explain')
      : null;
    this.explainView.show(explanation);
  }

  dispose(): void {
    this.subscriptions.forEach((one) => one.dispose());
  }

  private async restartAsAsked(): Promise<void> {
    while (this.again) {
      this.again = false;
      await this.stop();
      await this.begin().catch((error) => this.fail(`Starting the server: ${error}`, 'Restart', () => this.restart()));
    }
  }

  /** Start the server that is there; ask once, ever, when there is none. */
  private async begin(): Promise<void> {
    this.startedWith = startingSettings();
    try {
      this.command = await findServer(this.environment);
    } catch (error) {
      if (!(error instanceof ServerMissing)) throw error;
      this.fail(error.message, 'Open Settings', () =>
        vscode.commands.executeCommand('workbench.action.openSettings', 'slm-lsp.path'),
      );
      return;
    }
    this.needsSetUp = this.command === undefined;
    if (this.command) {
      this.starting = this.start(this.command);
      return;
    }
    const asked = this.context.globalState.get<boolean>(ASKED) ?? false;
    this.wishSetUp(!asked);
    if (asked) return;
    await this.context.globalState.update(ASKED, true);
    void this.ask();
  }

  private async ask(): Promise<void> {
    const yes = 'Set Up';
    const answer = await vscode.window.showInformationMessage(
      'slm-lsp completes code with a small model on this machine. It needs a Python environment of its own, made once; that takes a few minutes.',
      yes,
      'Not Now',
    );
    if (answer === yes) await this.setUp();
    else if (this.needsSetUp && !this.settingUp) this.wishSetUp(false);
  }

  /** Conspicuously as long as the question is open: VS Code may have put it behind the bell. */
  private wishSetUp(conspicuous: boolean): void {
    this.status.say('off', 'click here to set it up', 'set up', conspicuous);
  }

  private async makeEnvironment(): Promise<void> {
    const options = {
      location: vscode.ProgressLocation.Notification,
      title: 'Setting up slm-lsp',
      cancellable: true,
    };
    this.status.say('loading', 'setting up');
    try {
      await vscode.window.withProgress(options, (progress, token) =>
        this.environment.create(this.log, progress, token),
      );
    } catch (error) {
      if (error instanceof vscode.CancellationError) {
        this.wishSetUp(false);
        return;
      }
      const message = error instanceof SetUpFailed ? error.message : `Setting up failed: ${error}`;
      this.fail(message, 'Try Again', () => this.setUp());
      return;
    }
    await this.restart();
  }

  private async start(command: ServerCommand): Promise<void> {
    const client = makeClient(command, {
      extension: this.context.extension,
      log: this.log,
      switches: this.switches,
      acceptance: this.acceptance,
      onAccepted: () => {
        void vscode.commands.executeCommand('setContext', 'slm-lsp.accepted', true);
        void this.recount();
      },
    });
    this.client = client;
    this.status.say('loading', 'starting');
    client.onNotification(StatusNotification, (status) => {
      if (this.client !== client) return;
      this.status.show(status);
      if (status.state === 'ready') {
        void vscode.commands.executeCommand('setContext', 'slm-lsp.ready', true);
      }
    });
    client.onDidChangeState(({ newState }) => {
      if (newState === ClientState.Stopped && this.client === client) {
        this.status.say('error', 'the server has stopped');
      }
    });
    try {
      await client.start();
    } catch (error) {
      if (this.client !== client) return; // it was replaced meanwhile
      this.fail(`The server did not start: ${error instanceof Error ? error.message : error}`, 'Restart', () =>
        this.restart(),
      );
    }
  }

  private async recount(): Promise<void> {
    this.status.count(await this.report());
  }

  private configured(event: vscode.ConfigurationChangeEvent): void {
    if (!affectsServer(event)) return;
    // Not by what the event names: a folder's settings that do not count are news as well.
    if (this.startedWith !== startingSettings()) void this.restart();
    else this.sendSettings();
  }

  private sendSettings(): void {
    if (this.client?.state !== ClientState.Running) return;
    void this.client.sendNotification('workspace/didChangeConfiguration', {
      settings: chosenSettings(this.context.extension),
    });
  }

  /** One message, with the cure on a button; the status bar keeps it. */
  private fail(message: string, cure: string, act: () => unknown): void {
    this.log.error(message);
    this.status.say('error', message);
    void vscode.window.showErrorMessage(`slm-lsp: ${message}`, cure, 'Show Log').then((answer) => {
      if (answer === cure) act();
      if (answer === 'Show Log') this.log.show();
    });
  }
}
