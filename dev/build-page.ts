import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

const root = fileURLToPath(new URL('../', import.meta.url))
// uPlot is copied into every HTML report, and its licence asks to be copied along.
const licence = await readFile(new URL('../node_modules/uplot/LICENSE', import.meta.url), 'utf8')

await build({
  absWorkingDir: root,
  entryPoints: ['page/charts.ts', 'page/style.css'],
  outdir: 'dist/page',
  bundle: true,
  minify: true,
  format: 'iife',
  target: ['chrome111', 'firefox113', 'safari16.4'],
  alias: { 'node:util': './page/no-terminal.ts' },
  banner: { js: `/*! uPlot\n${licence.trim()} */` },
  logLevel: 'warning',
})
