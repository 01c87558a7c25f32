#!/usr/bin/env node
// Only syntax and modules that old versions of Node know may stand before the check.
var version = process.versions.node.split('.').map(Number)

// As `engines` in package.json says.
if (
  version[0] < 22 ||
  version[0] === 23 ||
  (version[0] === 22 && version[1] < 22) ||
  (version[0] === 24 && version[1] < 6)
) {
  console.error(
    'rushbench needs Node 22.22 or newer, or 24.6 or newer, and this is ' +
      process.versions.node +
      '. Get one from https://nodejs.org, or run it as "npx -p node@24 -p rushbench rushbench".',
  )
  process.exitCode = 1
} else {
  // What another rushbench hands over to this one, where nobody sees it. It may hold passwords.
  var given = process.env.RUSHBENCH_ARGUMENTS
  if (given && process.argv.length === 2) {
    delete process.env.RUSHBENCH_ARGUMENTS
    process.argv = process.argv.concat(JSON.parse(given))
  }
  // Loading modules makes garbage, and V8 would keep three times the memory for it; commands that need it take this back.
  var v8 = process.getBuiltinModule('node:v8')
  v8.setFlagsFromString('--semi-space-growth-factor=1')
  // These two keep to the memory that they say they need.
  if (['insert-reservations', 'load'].indexOf(process.argv[2]) >= 0) v8.setFlagsFromString('--optimize-for-size')
  // A compiler in another thread may wait for the main thread to collect garbage, which waits for it at process.exit.
  v8.setFlagsFromString('--no-concurrent-sparkplug')
  // Keeps what V8 has compiled, for a start in five sixths of the processor time. After the flags, on which it depends; in the
  // user's own folder, because code that is found there is run.
  var caches =
    process.env.XDG_CACHE_HOME || process.env.LOCALAPPDATA || (process.env.HOME && process.env.HOME + '/.cache')
  if (caches) process.getBuiltinModule('node:module').enableCompileCache(caches + '/rushbench/compiled')
  void import('@oclif/core').then(function (oclif) {
    return oclif.execute({ dir: import.meta.url })
  })
}
