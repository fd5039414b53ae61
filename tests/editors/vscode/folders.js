// A window with two folders, inside VS Code's extension host. Each has a library of its own.
const vscode = require('vscode');
const assert = require('node:assert');
const { report, runAll, until } = require('./running');

const { workspace } = vscode;

/** All folders of the window are read. */
async function read(names) {
  await until(`${names} are read`, async () => {
    const folders = (await report())?.folders ?? [];
    const ready = folders.filter(({ state }) => state === 'ready');
    return String(ready.map(({ path }) => path.split('/').pop())) === String(names);
  });
}

/** How the suggestion behind `to_NAME(` came about, in a new file of the folder. */
async function asked(root, name, file) {
  const uri = vscode.Uri.joinPath(root, file);
  const text = `from library import to_${name}\n\n\ndef total(prices):\n    return to_${name}`;
  await workspace.fs.writeFile(uri, Buffer.from(text));
  const editor = await vscode.window.showTextDocument(await workspace.openTextDocument(uri));
  const end = editor.document.lineAt(4).range.end;
  editor.selection = new vscode.Selection(end, end);
  await vscode.commands.executeCommand('type', { text: '(' });
  await vscode.commands.executeCommand('editor.action.inlineSuggest.trigger');
  return until('an answer', async () => {
    const told = await vscode.commands.executeCommand('slm.explain');
    return told?.uri.endsWith(`/${file}`) && told.prompt.length > 0 && told;
  });
}

/** So many files of the two folders are read. */
const become = (...wanted) =>
  until(`there are ${wanted} files`, async () => {
    const folders = (await report())?.folders ?? [];
    return String(folders.map(({ files }) => files)) === String(wanted);
  });

const onDisk = async (name) =>
  (await workspace.fs.readDirectory(folderNamed(name).uri)).filter(([file]) => file.endsWith('.py')).length;

const paths = (told) => told.snippets.map(({ path }) => path);
const folderNamed = (name) => workspace.workspaceFolders.find((one) => one.name === name);

const tests = {
  async 'each file gets the repository of its folder'() {
    await until('ready', async () => (await report())?.state === 'ready');
    await read(['one', 'two']);
    for (const name of ['one', 'two']) {
      const told = await asked(folderNamed(name).uri, name, `app_${name}.py`);
      assert.deepStrictEqual(paths(told), ['library.py']);
      const prompt = told.prompt.map(({ text }) => text).join('');
      assert.ok(prompt.includes(`def to_${name}(`), prompt);
    }
  },

  async 'each file gets the settings of its folder'() {
    const settings = vscode.Uri.joinPath(folderNamed('two').uri, 'slm-lsp.toml');
    await workspace.fs.writeFile(settings, Buffer.from('[context]\nenabled = false\n'));
    await until('the second folder is not read', async () =>
      (await report()).folders.some(({ state }) => state === 'off'),
    );
    const told = await asked(folderNamed('two').uri, 'two', 'without.py');
    assert.deepStrictEqual(paths(told), []);
    const other = await asked(folderNamed('one').uri, 'one', 'with.py');
    assert.ok(paths(other).includes('library.py'));
    await workspace.fs.delete(settings);
    await read(['one', 'two']);
  },

  async 'each file gets the settings that VS Code has for its folder'() {
    const { uri } = folderNamed('two');
    const set = (value) =>
      workspace
        .getConfiguration('slm-lsp', uri)
        .update('context.enabled', value, vscode.ConfigurationTarget.WorkspaceFolder);
    await set(false);
    const file = await workspace.fs.readFile(vscode.Uri.joinPath(uri, '.vscode', 'settings.json'));
    assert.ok(file.toString().includes('slm-lsp.context.enabled'), file.toString());
    await until('the second folder is not read', async () =>
      (await report()).folders.some(({ state }) => state === 'off'),
    );
    assert.deepStrictEqual(paths(await asked(uri, 'two', 'unread.py')), []);
    const other = await asked(folderNamed('one').uri, 'one', 'read.py');
    assert.ok(paths(other).includes('library.py'));
    await set(undefined);
    await read(['one', 'two']);
  },

  async 'what one place keeps from the model, no other gives back'() {
    const { uri } = folderNamed('two');
    const { worker } = await report();
    const path = vscode.Uri.joinPath(uri, '.vscode', 'settings.json');
    const window = workspace.getConfiguration('slm-lsp');
    const [one, two] = [await onDisk('one'), await onDisk('two')];
    // In the window's file, for all folders; then also in a folder, with what a folder must not set.
    await window.update('privacy.exclude', ['library.py'], vscode.ConfigurationTarget.Workspace);
    await become(one - 1, two - 1);
    const said = await workspace.fs.readFile(workspace.workspaceFile);
    assert.ok(said.toString().includes('slm-lsp.privacy.exclude'), said.toString());
    const settings = {
      'slm-lsp.privacy.exclude': ['app_two.py'],
      'slm-lsp.path': '/nowhere/slm-lsp',
      'slm-lsp.model.path': '/nowhere/model.gguf',
    };
    await workspace.fs.writeFile(path, Buffer.from(JSON.stringify(settings)));
    await become(one - 1, two - 2);
    const now = await report();
    assert.deepStrictEqual([now.state, now.worker.pid], ['ready', worker.pid]);
    await workspace.fs.delete(path);
    await window.update('privacy.exclude', undefined, vscode.ConfigurationTarget.Workspace);
    await become(one, two);
  },

  async 'what the person switched off, no other place switches on'() {
    const window = workspace.getConfiguration('slm-lsp');
    const states = (wanted) =>
      until(`the folders are ${wanted}`, async () =>
        String(((await report())?.folders ?? []).map(({ state }) => state)) === wanted,
      );
    const { Global, Workspace } = vscode.ConfigurationTarget;
    await window.update('context.enabled', true, Workspace);
    const path = vscode.Uri.joinPath(folderNamed('two').uri, '.vscode', 'settings.json');
    await workspace.fs.writeFile(path, Buffer.from('{"slm-lsp.context.enabled": true}'));
    await window.update('context.enabled', false, Global);
    await states('off,off');
    // The person has the last word, and any place may switch off.
    await window.update('context.enabled', true, Global);
    await states('ready,ready');
    await workspace.fs.writeFile(path, Buffer.from('{"slm-lsp.context.enabled": false}'));
    await states('ready,off');
    await workspace.fs.delete(path);
    await window.update('context.enabled', undefined, Workspace);
    await window.update('context.enabled', undefined, Global);
    await read(['one', 'two']);
  },

  async 'what the person lets be read in their own file, no other place widens'() {
    const window = workspace.getConfiguration('slm-lsp');
    const { Workspace } = vscode.ConfigurationTarget;
    const [one, two] = [await onDisk('one'), await onDisk('two')];
    const mine = vscode.Uri.file(`${process.env.XDG_CONFIG_HOME}/slm-lsp/config.toml`);
    const before = await workspace.fs.readFile(mine);
    await workspace.fs.writeFile(mine, Buffer.from(`${before}\n[context]\ninclude = ["library.py"]\n`));
    await become(1, 1);
    await window.update('context.include', ['*'], Workspace);
    // Another place may keep more from being read: by this one sees that the first has come, too.
    await window.update('context.exclude', ['library.py'], Workspace);
    await become(0, 0);
    await workspace.fs.writeFile(mine, before);
    await become(one - 1, two - 1);
    await window.update('context.include', undefined, Workspace);
    await window.update('context.exclude', undefined, Workspace);
    await read(['one', 'two']);
    await become(one, two);
  },

  async 'folders come and go'() {
    const second = folderNamed('two');
    workspace.updateWorkspaceFolders(second.index, 1);
    await read(['one']);
    const outside = await asked(second.uri, 'two', 'outside.py');
    assert.ok(!paths(outside).some((path) => path.includes('library')), paths(outside));
    workspace.updateWorkspaceFolders(1, 0, { uri: second.uri });
    await read(['one', 'two']);
    const told = await asked(second.uri, 'two', 'inside.py');
    assert.ok(paths(told).includes('library.py'));
  },
};

exports.run = () => runAll(tests);
