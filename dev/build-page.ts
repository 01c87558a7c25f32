import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { build, type BuildOptions } from 'esbuild'

const root = fileURLToPath(new URL('../', import.meta.url))
// uPlot is copied into every HTML report, and its licence asks to be copied along.
const licence = await readFile(new URL('../node_modules/uplot/LICENSE', import.meta.url), 'utf8')

const common: BuildOptions = {
  absWorkingDir: root,
  outdir: 'dist/page',
  bundle: true,
  minify: true,
  format: 'iife',
  logLevel: 'warning',
}

await build({
  ...common,
  entryPoints: ['page/charts.ts', 'page/style.css'],
  target: ['chrome111', 'firefox113', 'safari16.4'],
  alias: { 'node:util': './page/no-terminal.ts' },
  banner: { js: `/*! uPlot\n${licence.trim()} */` },
})

await build({ ...common, entryPoints: ['page/orders.ts', 'page/orders.css'] })
