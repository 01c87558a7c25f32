// Puts each module of a library that consists of hundreds into one file, and has what was built take that. Reading them
// was a third of what the start of a command cost, and half of what the start of an API cost.
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build, type Plugin } from 'esbuild'

const root = fileURLToPath(new URL('../', import.meta.url))
const dist = join(root, 'dist')
const bundled = join(dist, 'bundled')

/** Modules that are imported by name, and what is in the file of each. */
const modules = {
  kysely: "export * from 'kysely'",
  uuid: "export * from 'uuid'",
  zod: "export * from 'zod'",
  // The whole library has a compression and WebAssembly beside.
  'hdr-histogram-js': "export { default as Int32Histogram } from 'hdr-histogram-js/dist/Int32Histogram.js'",
}

const fileOf = (module: string): string => module.replaceAll('/', '-')

/** Makes an entry point of what stands above. */
const entries: Plugin = {
  name: 'entries',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /./ }, ({ kind, path }) => (kind === 'entry-point' ? { path, namespace: 'entry' } : null))
    onLoad({ filter: /./, namespace: 'entry' }, ({ path }) => ({
      contents: modules[path as keyof typeof modules],
      resolveDir: root,
    }))
  },
}

/** Zod comes with its messages in fifty languages, and needs those in English, which it asks for by themselves. */
const inEnglish: Plugin = {
  name: 'in English',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /\/locales\/index\.js$/ }, ({ path }) => ({ path, namespace: 'none' }))
    onLoad({ filter: /.*/, namespace: 'none' }, () => ({ contents: '' }))
  },
}

await build({
  entryPoints: Object.keys(modules).map((module) => ({ in: module, out: fileOf(module) })),
  outdir: bundled,
  bundle: true,
  // Stores once what two modules of a library share.
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node22',
  minifyWhitespace: true,
  plugins: [entries, inEnglish],
  logLevel: 'warning',
})

// Their licences ask to be copied along.
const libraries = [...new Set(Object.keys(modules).map((module) => module.replace(/\/.*/, '')))]
const licences = libraries.map(async (library) => {
  const folder = join(root, 'node_modules', library)
  const name = (await readdir(folder)).find((file) => /^licen[cs]e/i.test(file))
  if (name === undefined) throw new Error(`${library} has no licence`)
  return `${library}\n\n${await readFile(join(folder, name), 'utf8')}`
})
await writeFile(join(bundled, 'LICENSES'), (await Promise.all(licences)).join('\n---\n\n'))

const imported = new RegExp(`(?<=^import .* from )'(${Object.keys(modules).join('|')})'(?=;$)`, 'gm')
const files = (await readdir(dist, { recursive: true })).filter((name) => name.endsWith('.js'))
for (const file of files.filter((name) => !name.startsWith('bundled'))) {
  const path = join(dist, file)
  const text = await readFile(path, 'utf8')
  const changed = text.replaceAll(imported, (_, module: string) => {
    const place = relative(dirname(path), join(bundled, `${fileOf(module)}.js`))
    return `'${place.startsWith('.') ? place : `./${place}`}'`
  })
  if (changed !== text) await writeFile(path, changed)
}
