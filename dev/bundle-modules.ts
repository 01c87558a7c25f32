// Puts each module of a library that consists of hundreds into one file, and has what was built take that. Reading them
// was a third of what the start of a command cost.
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build, type Plugin } from 'esbuild'

const root = fileURLToPath(new URL('../', import.meta.url))
const dist = join(root, 'dist')
const libraries = ['kysely', 'zod']

/** Zod comes with its messages in fifty languages, and needs those in English, which it asks for by themselves. */
const inEnglish: Plugin = {
  name: 'in English',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /\/locales\/index\.js$/ }, ({ path }) => ({ path, namespace: 'none' }))
    onLoad({ filter: /.*/, namespace: 'none' }, () => ({ contents: '' }))
  },
}

const bundleOf = (library: string): string => join(dist, 'bundled', `${library}.js`)

for (const library of libraries) {
  const licence = await readFile(join(root, 'node_modules', library, 'LICENSE'), 'utf8')
  await build({
    stdin: { contents: `export * from '${library}'`, resolveDir: root },
    outfile: bundleOf(library),
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node22',
    minifyWhitespace: true,
    plugins: [inEnglish],
    banner: { js: `/*! ${library}\n${licence.trim()} */` },
    logLevel: 'warning',
  })
}

const imported = new RegExp(`(?<=^import .* from )'(${libraries.join('|')})'(?=;$)`, 'gm')
const files = (await readdir(dist, { recursive: true })).filter((name) => name.endsWith('.js'))
for (const file of files.filter((name) => !name.startsWith('bundled'))) {
  const path = join(dist, file)
  const text = await readFile(path, 'utf8')
  const changed = text.replaceAll(imported, (_, library: string) => {
    const place = relative(dirname(path), bundleOf(library))
    return `'${place.startsWith('.') ? place : `./${place}`}'`
  })
  if (changed !== text) await writeFile(path, changed)
}
