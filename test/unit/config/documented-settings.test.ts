import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { commands } from '../../support/cli/check-command.ts'
import { definitionOf, flagName, settingNames } from '../../../src/lib/config/settings.ts'

const page = (name: string): string => readFileSync(new URL(`../../../docs/${name}`, import.meta.url), 'utf8')
const withoutBreaks = (text: string): string => text.replaceAll(/\s+/g, ' ')

it('docs/configuration.md has every setting, with its flag where that has another name', () => {
  const firstColumn = page('configuration.md')
    .split('\n')
    .map((line) => /^\| (.*?) \|/.exec(line)?.[1] ?? '')
  const documented = firstColumn.join('\n')
  const missing = settingNames.filter((name) => {
    const { flag, secret } = definitionOf(name)
    const named = flag === undefined || secret ? `\`${name}\`` : `\`${name}\` (\`--${flagName(name)}\`)`
    return !documented.includes(named)
  })
  expect(missing).toEqual([])
})

it('docs/commands.md has the flags of every command as their help has them', () => {
  const sections = page('commands.md').split(/^## `rushbench /m)
  const missing = [...commands].flatMap(([name, { flags }]) => {
    const section = withoutBreaks(sections.find((text) => text.split(/[ `]/, 1)[0] === name) ?? '')
    // The command help has none.
    return Object.entries({ ...flags })
      .filter(([flag, { summary = '' }]) => !section.includes(`--${flag}`) || !section.includes(withoutBreaks(summary)))
      .map(([flag]) => `${name} --${flag}`)
  })
  expect(missing, 'run npm run docs').toEqual([])
})
