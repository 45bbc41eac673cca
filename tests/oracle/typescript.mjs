// What TypeScript's own parser reads: [{"name","text"}] on standard input, an answer for each on standard output.
// TOOLS is the folder that holds node_modules. Places are UTF-8 byte offsets into the text, a byte-order mark counted.
import { createRequire } from 'node:module';
import { join } from 'node:path';

const ts = createRequire(join(process.env.TOOLS, 'x.js'))('typescript');

/** The UTF-8 offset of each UTF-16 index. */
function byteOffsets(text) {
  const offsets = new Uint32Array(text.length + 1);
  let bytes = 0;
  for (let i = 0; i < text.length; i++) {
    offsets[i] = bytes;
    const point = text.codePointAt(i);
    if (point > 0xffff) offsets[++i] = bytes;
    bytes += point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
  }
  offsets[text.length] = bytes;
  return offsets;
}

function read({ name, text }) {
  const mark = text.charCodeAt(0) === 0xfeff ? 1 : 0; // tsc takes it off, too
  const offsets = byteOffsets(text);
  const place = (index) => offsets[index + mark];
  const options = { languageVersion: ts.ScriptTarget.ESNext, jsDocParsingMode: ts.JSDocParsingMode.ParseNone };
  const file = ts.createSourceFile(name, text.slice(mark), options, true, ts.ScriptKind.TS);
  // Editors, git and we take U+2028 and U+2029 for no line ends.
  const line = (index) => file.getLineAndCharacterOfPosition(index).line + 1 - (file.text.slice(0, index).match(/[\u2028\u2029]/g) ?? []).length;
  const start = (node) => node.getStart(file);

  const statements = file.statements.map((node) => ({
    start: place(start(node)),
    end: place(node.end),
    line: line(start(node)),
    side_effect: ts.isImportDeclaration(node) && !node.importClause ? node.moduleSpecifier.text ?? null : null,
  }));

  let misplaced = 0; // the checker says that of imports, not the parser
  const uses = [];
  const add = (kind, node) => {
    if (node && ts.isStringLiteralLike(node)) uses.push({ kind, specifier: node.text, start: place(start(node)), line: line(start(node)) });
  };
  (function walk(node) {
    if (ts.isImportDeclaration(node)) {
      const clause = node.importClause;
      if (node.modifiers || !(ts.isSourceFile(node.parent) || ts.isModuleBlock(node.parent))) misplaced++;
      add(!clause ? 'SideEffect' : clause.isTypeOnly ? 'Type' : 'Binding', node.moduleSpecifier);
    } else if (ts.isExportDeclaration(node)) add(node.isTypeOnly ? 'Type' : 'ReExport', node.moduleSpecifier);
    else if (ts.isExternalModuleReference(node)) add('Require', node.expression);
    else if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) add('Dynamic', node.argument.literal);
    else if (ts.isCallExpression(node)) {
      const called = node.expression;
      if (called.kind === ts.SyntaxKind.ImportKeyword) add('Dynamic', node.arguments[0]);
      else if (ts.isIdentifier(called) && called.text === 'require') add('Require', node.arguments[0]);
    }
    ts.forEachChild(node, walk);
  })(file);
  uses.sort((a, b) => a.start - b.start);

  return { diagnostics: file.parseDiagnostics.length + misplaced, statements, uses };
}

const chunks = [];
for await (const chunk of process.stdin) chunks.push(chunk);
process.stdout.write(JSON.stringify(JSON.parse(Buffer.concat(chunks).toString('utf8')).map(read)));
