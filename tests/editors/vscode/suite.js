// Runs inside VS Code's extension host, with the whole API. VS Code's contract: exports.run().
const vscode = require('vscode');
const assert = require('node:assert');
const { readFileSync } = require('node:fs');
const path = require('node:path');
const { report, runAll, until } = require('./running');

const settings = () => vscode.workspace.getConfiguration('slm-lsp');

/** A fresh document that ends at the cursor, where the model has something to say. */
async function open(place, name) {
  const root = vscode.workspace.workspaceFolders[0].uri;
  const uri = vscode.Uri.joinPath(root, name);
  await vscode.workspace.fs.writeFile(uri, Buffer.from(place.text));
  const document = await vscode.workspace.openTextDocument(uri);
  const editor = await vscode.window.showTextDocument(document);
  const end = document.lineAt(document.lineCount - 1).range.end;
  editor.selection = new vscode.Selection(end, end);
  return { document, editor, end };
}

const typeKey = (key) => vscode.commands.executeCommand('type', { text: key });

/** Run the command until it changes the document: the suggestion takes its time. It is asked for by
 * hand, unless something is on the screen already, of which this is to take the rest. */
async function accept(document, command, { rest = false } = {}) {
  const before = document.getText();
  return until(`${command} changes the text`, async () => {
    if (!rest) await vscode.commands.executeCommand('editor.action.inlineSuggest.trigger');
    await new Promise((resolve) => setTimeout(resolve, 200));
    await vscode.commands.executeCommand(command);
    return document.getText() !== before && document.getText();
  });
}

const tests = {
  async 'activates and gets ready'() {
    const extension = vscode.extensions.getExtension('slm-lsp.slm-lsp');
    assert.ok(extension, 'the extension is there');
    await extension.activate();
    await until('ready', async () => (await report())?.state === 'ready');
  },

  async 'every command of the package exists'() {
    const { packageJSON } = vscode.extensions.getExtension('slm-lsp.slm-lsp');
    const known = new Set(await vscode.commands.getCommands(true));
    const missing = packageJSON.contributes.commands.filter(({ command }) => !known.has(command));
    assert.deepStrictEqual(missing, []);
  },

  async 'takes a suggestion, and the server counts it'(place) {
    const before = (await report()).counters.accepted;
    const { document } = await open(place, 'whole.py');
    await typeKey(place.key);
    const text = await accept(document, 'editor.action.inlineSuggest.commit');
    assert.ok(text.startsWith(place.text + place.key), 'what was typed stays');
    assert.ok(text.length > place.text.length + 2, 'there is more');
    await until('counted', async () => (await report()).counters.accepted === before + 1);
  },

  async 'takes a word and then the rest, and the server counts one suggestion'(place) {
    const before = (await report()).counters.accepted;
    const { document } = await open(place, 'word.py');
    await typeKey(place.key);
    const text = await accept(document, 'editor.action.inlineSuggest.acceptNextWord');
    const word = text.slice(place.text.length + 1);
    assert.match(word, /^\W*\w*\W*$/, `one word, not ${JSON.stringify(word)}`);
    if (word.length > 1) {
      await until('the word is counted', async () => (await report()).counters.accepted === before + 1);
    }
    await accept(document, 'editor.action.inlineSuggest.commit', { rest: true });
    await until('counted', async () => (await report()).counters.accepted > before);
    assert.strictEqual((await report()).counters.accepted, before + 1);
  },

  async 'takes a line, and the server counts it'(place) {
    const before = (await report()).counters.accepted;
    const { document } = await open(place, 'line.py');
    await typeKey(place.key);
    await accept(document, 'editor.action.inlineSuggest.acceptNextLine');
    await until('counted', async () => (await report()).counters.accepted === before + 1);
  },

  async 'counts a word that is taken after the file was saved'(place) {
    const before = (await report()).counters.accepted;
    const { document } = await open(place, 'saved.py');
    await typeKey(place.key);
    await vscode.commands.executeCommand('editor.action.inlineSuggest.trigger');
    await until('an answer', async () => {
      const told = await vscode.commands.executeCommand('slm.explain');
      return told?.uri.endsWith('/saved.py');
    });
    assert.ok(document.isDirty);
    await document.save();
    let taken = 0;
    while (taken < 2) {
      // A single character is not counted.
      const { length } = document.getText();
      const text = await accept(document, 'editor.action.inlineSuggest.acceptNextWord', { rest: true });
      taken = text.length - length;
    }
    await until('counted', async () => (await report()).counters.accepted === before + 1);
  },

  async 'sends no settings that nobody chose'() {
    const { complaints } = await report();
    assert.deepStrictEqual(complaints, []);
  },

  async 'sends settings that somebody chose, and complaints come back'() {
    await settings().update('completion.max_line_tokens', 0, true);
    await until('a complaint', async () =>
      (await report()).complaints.some((text) => text.includes('max_line_tokens')),
    );
    await settings().update('completion.max_line_tokens', undefined, true);
    await until('no complaint', async () => (await report()).complaints.length === 0);
  },

  async 'knows every setting by its default'() {
    const { packageJSON } = vscode.extensions.getExtension('slm-lsp.slm-lsp');
    const sections = packageJSON.contributes.configuration;
    const all = sections.flatMap(({ properties }) => Object.entries(properties));
    const configuration = () => vscode.workspace.getConfiguration();
    for (const [key, { default: wanted }] of all) {
      assert.deepStrictEqual(configuration().inspect(key).defaultValue ?? null, wanted, key);
    }
  },

  async 'switches off and on everywhere'() {
    await vscode.commands.executeCommand('slm-lsp.toggle');
    await until('off', async () => (await report())?.state === 'off');
    await vscode.commands.executeCommand('slm-lsp.toggle');
    await until('ready', async () => (await report())?.state === 'ready');
    // As before: `true` would speak over a repository that switches it off.
    assert.strictEqual(settings().inspect('completion.enabled').globalValue, undefined);
  },

  async 'switches off for a file: nothing is asked'(place) {
    await open(place, 'off.py');
    await vscode.commands.executeCommand('slm-lsp.toggleFile');
    const before = (await report()).counters.requests;
    await typeKey(place.key);
    // VS Code asks within 100 ms of a key; the next file's request shows that it had the time.
    const { document } = await open(place, 'on.py');
    await typeKey(place.key);
    await accept(document, 'editor.action.inlineSuggest.commit');
    const explained = await vscode.commands.executeCommand('slm.explain');
    assert.ok(explained.uri.endsWith('/on.py'));
    assert.ok((await report()).counters.requests > before);
  },

  async 'switches off for a language and writes it down'(place) {
    await open(place, 'language.py');
    await vscode.commands.executeCommand('slm-lsp.toggleLanguage');
    assert.deepStrictEqual(settings().get('completion.disabled_languages'), ['python']);
    await vscode.commands.executeCommand('slm-lsp.toggleLanguage');
    assert.deepStrictEqual(settings().get('completion.disabled_languages'), []);
  },

  async 'completes in a cell of a notebook'(place) {
    const root = vscode.workspace.workspaceFolders[0].uri;
    const uri = vscode.Uri.joinPath(root, 'book.ipynb');
    const cell = { cell_type: 'code', source: place.text, metadata: {}, outputs: [], execution_count: null };
    const metadata = { language_info: { name: 'python' } };
    const book = { cells: [cell], metadata, nbformat: 4, nbformat_minor: 4 };
    await vscode.workspace.fs.writeFile(uri, Buffer.from(JSON.stringify(book)));
    await vscode.window.showNotebookDocument(await vscode.workspace.openNotebookDocument(uri));
    await vscode.commands.executeCommand('notebook.cell.edit');
    const inCell = () => vscode.window.activeTextEditor?.document.uri.scheme === 'vscode-notebook-cell';
    await until('the cell has the cursor', inCell);
    await vscode.commands.executeCommand('cursorBottom');
    await typeKey(place.key);
    const told = await until('an answer', async () => {
      await vscode.commands.executeCommand('editor.action.inlineSuggest.trigger');
      const now = await vscode.commands.executeCommand('slm.explain');
      return now?.uri.startsWith('vscode-notebook-cell:') && now.prompt.length > 0 && now;
    });
    assert.ok(told.uri.includes('/book.ipynb#'), told.uri);
    await vscode.commands.executeCommand('workbench.action.revertAndCloseActiveEditor');
  },

  async 'explains the last suggestion'() {
    await vscode.commands.executeCommand('slm-lsp.explain');
    const tabs = () => vscode.window.tabGroups.all.flatMap((group) => group.tabs);
    await until('the view', () => tabs().some((tab) => tab.label === 'Explain: slm-lsp'));
  },

  async 'shows statistics'() {
    await vscode.commands.executeCommand('slm-lsp.statistics');
    const text = await until('the text', () => vscode.window.activeTextEditor?.document.getText());
    assert.match(text, /predicted tokens +\d+/);
    assert.match(text, /quantization +\w+/);
    assert.match(text, /evaluated tokens +\d+/);
    assert.doesNotMatch(text, /\[object|undefined/);
    // Nobody is asked to save it, and it is no draft that the model completes or quotes.
    const { document } = vscode.window.activeTextEditor;
    assert.deepStrictEqual([document.uri.scheme, document.isDirty], ['slm-lsp', false]);
  },

  async 'survives the end of the model process'(place) {
    const { pid } = (await report()).worker;
    process.kill(pid, 'SIGKILL');
    await until('another process', async () => {
      const now = await report();
      return now.state === 'ready' && now.worker.pid !== pid;
    });
    const { document } = await open(place, 'after.py');
    await typeKey(place.key);
    await accept(document, 'editor.action.inlineSuggest.commit');
  },

  async 'survives the end of the server'(place) {
    const { pid } = (await report()).worker;
    const parent = (child) => Number(/^PPid:\s+(\d+)/m.exec(readFileSync(`/proc/${child}/status`))[1]);
    const command = (one) => String(readFileSync(`/proc/${one}/cmdline`)).replace(/\0/g, ' ');
    let server = parent(pid);
    while (!/ serve /.test(command(server))) server = parent(server);
    process.kill(server, 'SIGKILL');
    await until('another server', async () => {
      const now = await report();
      return now?.state === 'ready' && now.worker.pid !== pid;
    });
    const { document } = await open(place, 'again.py');
    await typeKey(place.key);
    const before = (await report()).counters.accepted;
    await accept(document, 'editor.action.inlineSuggest.commit');
    await until('counted', async () => (await report()).counters.accepted === before + 1);
  },

  async 'restarts the server'() {
    await vscode.commands.executeCommand('slm-lsp.restart');
    const now = await until('ready', async () => {
      const answer = await report();
      return answer?.state === 'ready' && answer;
    });
    assert.strictEqual(now.counters.requests, 0, 'a new server counts from zero');
  },
};

exports.run = async () => {
  const root = vscode.workspace.workspaceFolders[0].uri.fsPath;
  const place = JSON.parse(readFileSync(path.join(root, '.place.json'), 'utf8'));
  await runAll(tests, place);
};
