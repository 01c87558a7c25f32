// Builds what npm asks for when it has installed or links this package. `npx` links it at its first use in a
// repository; a build that nobody sees would make that a wait of half a minute, and take dist away from whoever uses it.
// With --check it only says by its exit code whether there is anything to do. Plain JavaScript: npm may run it with a Node that reads no types.
import { spawnSync } from 'node:child_process'
import { readdirSync, statSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const inputs = [
  'src',
  'page',
  'dev/build-page.ts',
  'dev/bundle-modules.ts',
  'package.json',
  'package-lock.json',
  'tsconfig.build.json',
]

/** When a file, or anything in a folder, was last changed; a folder itself is when files come and go. */
function changedAt(path) {
  const stats = statSync(path)
  if (!stats.isDirectory()) return stats.mtimeMs
  return Math.max(stats.mtimeMs, ...readdirSync(path).map((name) => changedAt(`${path}/${name}`)))
}

/** True when the last thing that a build writes is newer than all that it reads. */
function isBuilt() {
  const manifest = statSync(`${root}oclif.manifest.json`, { throwIfNoEntry: false })
  const commands = statSync(`${root}dist/commands`, { throwIfNoEntry: false })
  return Boolean(manifest && commands && inputs.every((path) => changedAt(root + path) < manifest.mtimeMs))
}

const built = isBuilt()
if (process.argv.includes('--check')) process.exitCode = built ? 0 : 1
else if (!built) {
  const { status } = spawnSync('npm', ['run', 'build'], {
    cwd: root,
    stdio: 'inherit',
    shell: process.platform === 'win32',
  })
  process.exitCode = status ?? 1
}
