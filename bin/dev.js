#!/usr/bin/env -S node --import tsx
// Runs the sources without a build. TypeScript 7 has no JS API for oclif's own look-up, so
// that the folders are named here.
import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { execute } from '@oclif/core'

const root = fileURLToPath(new URL('..', import.meta.url))
const pjson = JSON.parse(await readFile(new URL('../package.json', import.meta.url), 'utf8'))
pjson.oclif.commands = './src/commands'
pjson.oclif.helpClass = './src/lib/cli/help'
pjson.oclif.hooks = { command_not_found: './src/lib/cli/hooks/command-not-found', init: './src/lib/cli/hooks/init' }

await execute({ development: true, loadOptions: { root, pjson } })
