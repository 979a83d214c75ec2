// Builds the form and the editor into horizon/web/static/web: the same bytes from the same sources, whatever the machine.
// The header of each file carries the digest of all sources and of the file's own body; tests/web/test_bundle.py compares both.
import { createHash } from 'node:crypto';
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const here = fileURLToPath(new URL('.', import.meta.url));
const out = fileURLToPath(new URL('../horizon/web/static/web/', import.meta.url));

/** Paths below `frontend/` of everything that the bundle is made from, in the order of their code points. */
function sources() {
  const inside = readdirSync(`${here}src`, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const paths = inside.map((entry) => `${entry.parentPath ?? entry.path}/${entry.name}`.slice(here.length).replaceAll('\\', '/'));
  return [...paths, 'build.mjs', 'package.json', 'package-lock.json'].sort((a, b) => (a < b ? -1 : 1));
}

function digest(paths) {
  const hash = createHash('sha256');
  for (const path of paths) hash.update(`${path}\0`).update(readFileSync(`${here}${path}`)).update('\0');
  return hash.digest('hex');
}

/** Name, version, licence and its text of every package that ends in a bundle. */
function licences(inputs) {
  const inside = [...new Set(Object.keys(inputs).map((path) => /^node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(path)?.[1]).filter(Boolean))].sort();
  return inside.map((name) => {
    const folder = `${here}node_modules/${name}/`;
    const { version, license } = JSON.parse(readFileSync(`${folder}package.json`));
    const file = readdirSync(folder).find((found) => /^licen[sc]e/i.test(found));
    return `${name} ${version}: ${license}\n\n${file ? readFileSync(`${folder}${file}`, 'utf8').trim() : 'The package brings no text of its licence.'}\n`;
  });
}

const result = await build({
  absWorkingDir: here,
  entryPoints: { form: 'src/main.jsx', 'form-style': 'src/form.css', editor: 'src/editor.js' },
  outdir: out,
  bundle: true,
  minify: true,
  format: 'esm',
  target: 'es2022',
  jsx: 'automatic',
  charset: 'utf8',
  legalComments: 'none',
  metafile: true,
  define: { 'process.env.NODE_ENV': '"production"' },
  // Neither is ever called: the one compiles schemas by eval, the other turns descriptions into markup.
  alias: { '@rjsf/validator-ajv8': './src/stubs/validator.js', 'markdown-to-jsx/react': './src/stubs/markdown.js' },
  write: false,
});

const made = digest(sources());
for (const { path, contents } of result.outputFiles) {
  const body = Buffer.from(contents);
  const head = `/* Built by make frontend. sources sha256:${made} body sha256:${createHash('sha256').update(body).digest('hex')} */\n`;
  writeFileSync(path, Buffer.concat([Buffer.from(head), body]));
  console.log(`${path.slice(out.length)}\t${body.length} bytes`);
}
for (const [path, { inputs }] of Object.entries(result.metafile.outputs)) {
  const [, name] = /([^/]+)\.js$/.exec(path) ?? [];
  if (name) writeFileSync(`${out}${name}.licences.txt`, `${name}.js holds these packages.\n\n${licences(inputs).join(`\n${'-'.repeat(80)}\n\n`)}`);
}
