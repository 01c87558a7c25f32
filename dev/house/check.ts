import { flagName, settingNames, variableName } from '../../src/lib/config/settings.ts'
import {
  findCopies,
  findCrumbs,
  findCycles,
  findForcedTypes,
  findHandMadeAborts,
  findOddComments,
  findQuotedSettings,
  findRetiredWords,
  findStrayTests,
  findTwinTypes,
  type Breaches,
} from './rules.ts'
import { readSources } from './sources.ts'

/** Words that the glossary has replaced: identifiers may not have them. */
const retired = ['setback', 'makers', 'fleet', 'crew', 'tally', 'findings', 'wish', 'allot', 'sleepers', 'flaw', 'desk']

const namesOfSettings = new Set(settingNames.flatMap((name) => [name, flagName(name), variableName(name)]))

/** Looks for what breaks each rule of the house, by the rule's name. */
export function check(): Readonly<Record<string, Breaches>> {
  const sources = readSources('src')
  return {
    cycles: findCycles(sources),
    crumbs: findCrumbs(sources),
    twins: findTwinTypes(sources),
    comments: findOddComments(sources),
    words: findRetiredWords(sources, retired),
    aborts: findHandMadeAborts(sources),
    forced: findForcedTypes(sources),
    settings: findQuotedSettings(sources, namesOfSettings),
    stray: findStrayTests(readSources('test/unit'), new Map([...sources, ...readSources('dev')])),
    copies: findCopies(sources),
  }
}
