// The extension's life: find or set up a server, run it, and never nag.
import * as vscode from 'vscode';
import { LanguageClient, State as ClientState } from 'vscode-languageclient/node';

import { Acceptance } from './acceptance';
import { endClient, makeClient } from './client';
import { Environment, SetUpFailed } from './environment';
import { ExplainView } from './explain';
import { ACCEPTED, Explanation, Report, Status, StatusNotification } from './protocol';
import { Pages } from './reports';
import { EnvironmentBroken, ServerCommand, ServerMissing, findServer } from './server';
import { questionToAsk, says } from './asking';
import { affectsServer, chosenSettings, startingSettings } from './settings';
import { StatusItem } from './status';
import { Switches } from './switches';

export class Controller implements vscode.Disposable {
  readonly log = vscode.window.createOutputChannel('slm-lsp', { log: true });
  readonly switches: Switches;
  readonly status: StatusItem;
  readonly environment: Environment;
  readonly pages = new Pages();
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
  /** While the environment is made, by which the server that is there may run. */
  private making = false;
  /** What the server said last of itself. */
  private told: Status | undefined;

  constructor(private readonly context: vscode.ExtensionContext) {
    this.switches = new Switches(context.workspaceState);
    this.status = new StatusItem(this.switches);
    this.environment = new Environment(context);
    this.acceptance = new Acceptance((accepted) => {
      // A server that has just ended counts nothing any more.
      vscode.commands.executeCommand(ACCEPTED, accepted).then(undefined, (error) => this.log.debug(`${error}`));
    });
    this.subscriptions.push(
      this.log,
      this.switches,
      this.status,
      this.acceptance,
      this.explainView,
      this.pages,
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
    if (client) await endClient(client, this.log);
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
    this.needsSetUp = false;
    try {
      this.command = await findServer(this.environment);
    } catch (error) {
      if (error instanceof EnvironmentBroken) {
        this.needsSetUp = true;
        this.fail(error.message, 'Set Up Again', () => this.setUp());
        return;
      }
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
    const question = await questionToAsk(this.context, this.environment);
    this.wishSetUp(question !== undefined);
    if (question) void this.ask(question);
  }

  private async ask(question: string): Promise<void> {
    if (await says(question)) await this.setUp();
    else if (this.needsSetUp && !this.settingUp) this.wishSetUp(false);
  }

  /** Conspicuously as long as the question is open: VS Code may have put it behind the bell. */
  private wishSetUp(conspicuous: boolean): void {
    this.status.say('off', 'click here to set it up', 'set up', conspicuous);
  }

  private async makeEnvironment(): Promise<void> {
    // Another window may have made it since this one looked.
    if (this.needsSetUp && (await this.environment.works())) return this.restart();
    const options = {
      location: vscode.ProgressLocation.Notification,
      title: 'Setting up slm-lsp',
      cancellable: true,
    };
    this.status.say('loading', 'setting up');
    this.making = true;
    try {
      await vscode.window.withProgress(options, (progress, token) =>
        this.environment.create(this.log, progress, token, () => this.stop()),
      );
    } catch (error) {
      const cancelled = error instanceof vscode.CancellationError;
      const message = error instanceof SetUpFailed ? error.message : `Setting up failed: ${error}`;
      if (!cancelled) this.fail(message, 'Try Again', () => this.setUp());
      // The server that was there goes on.
      if (this.client?.state === ClientState.Running && this.told) this.status.show(this.told);
      else if (cancelled) this.wishSetUp(false);
      return;
    } finally {
      this.making = false;
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
      onGivenUp: (why) => {
        if (this.client !== client) return;
        this.fail(`The server has ended again and again, or did not start again: ${why}`, 'Restart', () => this.restart());
      },
    });
    this.client = client;
    this.status.count(undefined);
    this.status.say('loading', 'starting');
    client.onNotification(StatusNotification, (status) => {
      if (this.client !== client) return;
      this.told = status;
      if (!this.making) this.status.show(status);
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
      const why = (await client.lastWord()) || (error instanceof Error ? error.message : error);
      if (this.client !== client) return;
      this.fail(`The server did not start: ${why}`, 'Restart', () => this.restart());
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
