import { basename, dirname } from 'node:path'
import { importsOf, withoutTexts, type Sources } from './sources.ts'

/** A sentence for each place that breaks a rule of the house. */
export type Breaches = readonly string[]

const fewestLines = 25
const mostTokensAlike = 60

/** Circles of files, through imports of types too: the files of each. */
export function findCycles(sources: Sources): Breaches {
  const imports = importsOf(sources)
  const index = new Map<string, { order: number; low: number; open: boolean }>()
  const stack: string[] = []
  const cycles: string[] = []
  const visit = (file: string): { low: number } => {
    const own = { order: index.size, low: index.size, open: true }
    index.set(file, own)
    stack.push(file)
    for (const next of imports.get(file) ?? []) {
      if (!imports.has(next)) continue
      const seen = index.get(next)
      if (!seen) own.low = Math.min(own.low, visit(next).low)
      else if (seen.open) own.low = Math.min(own.low, seen.order)
    }
    if (own.low === own.order) {
      const members = stack.splice(stack.lastIndexOf(file))
      for (const member of members) index.get(member)!.open = false
      if (members.length > 1) cycles.push(`${members.toSorted().join(', ')} import each other`)
    }
    return own
  }
  for (const file of imports.keys()) if (!index.has(file)) visit(file)
  return cycles
}

/** Files too small to be a concept, which one other file imports: they belong into that one. */
export function findCrumbs(sources: Sources): Breaches {
  const importers = new Map<string, number>()
  for (const [, files] of importsOf(sources)) {
    for (const file of new Set(files)) importers.set(file, (importers.get(file) ?? 0) + 1)
  }
  return [...sources].flatMap(([file, text]) => {
    const lines = text.split('\n').length - 1
    const isCrumb = lines < fewestLines && importers.get(file) === 1
    return isCrumb ? [`${file} has ${lines} lines and one importer`] : []
  })
}

/** Names of exported types that several files declare. */
export function findTwinTypes(sources: Sources): Breaches {
  const homes = new Map<string, string[]>()
  for (const [file, text] of sources) {
    for (const [, name = ''] of text.matchAll(/^export (?:interface|type|abstract class|class) (\w+)/gm)) {
      homes.set(name, [...(homes.get(name) ?? []), file])
    }
  }
  return [...homes].flatMap(([name, files]) =>
    files.length > 1 ? [`${name} is declared in ${files.join(' and ')}`] : [],
  )
}

/** Doc comments that begin with a word by which no sentence of English prose about code begins. */
export function findOddComments(sources: Sources): Breaches {
  return findLines(sources, /^\s*\/\*\*(?:\s*\n\s*\*)? (?:What|Who|Whose|Of)\b.*/gm, (text) => text)
}

/** Retired words as identifiers, or as parts of them; `words` in small letters. */
export function findRetiredWords(sources: Sources, words: readonly string[]): Breaches {
  const retired = new Set(words)
  return [...sources].flatMap(([file, text]) => {
    const names = new Set(withoutTexts(text).match(/[A-Za-z_$][\w$]*/g))
    const old = [...names].filter((name) => partsOf(name).some((part) => retired.has(part)))
    return old.map((name) => `${file} says ${name}`)
  })
}

const partsOf = (name: string): string[] => name.split(/(?<=[a-z\d])(?=[A-Z])|_/).map((part) => part.toLowerCase())

/** Listeners for an abort and swallowed rejections outside of the helpers of base/abort.ts. */
export function findHandMadeAborts(sources: Sources): Breaches {
  const others = new Map([...sources].filter(([file]) => file !== 'src/lib/base/abort.ts'))
  return findLines(others, /addEventListener\('abort'.*|\.catch\(\(\) => \{\}\).*/g, (text) => text)
}

/** Casts past the types outside of the adapters, whose drivers' types may be wrong. */
export function findForcedTypes(sources: Sources): Breaches {
  const others = new Map([...sources].filter(([file]) => !file.startsWith('src/lib/adapters/')))
  return findLines(others, /\bas unknown as\b.*/g, withoutTexts)
}

/** Matches what looks a setting up by its quoted name, or lists settings whose names stand in quotes. */
const settingLookups = [
  /(?<!typeof )\b(?:name|key|setting) [!=]== '[\w-]+'/,
  /\b(?:config|settings|values|flags)\['[\w-]+'\]/,
  /\b(?:exclusive|dependsOn): \[[^\]]*\]/,
  /\bRUSHBENCH_[A-Z_]+(?=: |'\])/,
]
const listOfWords = /\[\s*'[\w-]+'(?:,\s*'[\w-]+'){2,},?\s*\]/g

/**
 * Quoted names of settings outside of config/. There they are chosen by their attributes, read as properties, or given to
 * functions that take nothing else, all of which the compiler checks. `names`: of settings, their flags and variables.
 */
export function findQuotedSettings(sources: Sources, names: ReadonlySet<string>): Breaches {
  const others = new Map([...sources].filter(([file]) => !file.startsWith('src/lib/config/')))
  const isSetting = (word: string): boolean => names.has(word)
  const wordsOf = (text: string): string[] => text.match(/(?<=')[\w-]+(?=')|RUSHBENCH_\w+/g) ?? []
  const prepare = (text: string): string => text.replaceAll(/\bflagNames\([^)]*\)/g, (call) => '_'.repeat(call.length))
  const lookups = findLines(others, new RegExp(settingLookups.map(({ source }) => source).join('|'), 'g'), prepare)
  const lists = findLines(others, listOfWords, prepare)
  return [
    ...lookups.filter((breach) => wordsOf(breach).some(isSetting)),
    ...lists.filter((breach) => wordsOf(breach).every(isSetting)),
  ]
}

/** Unit tests in a folder that has no sources. */
export function findStrayTests(tests: Sources, sources: Sources): Breaches {
  const folders = new Set([...sources.keys()].flatMap((file) => [dirname(file), dirname(dirname(file))]))
  return [...tests.keys()]
    .filter((file) => basename(file).endsWith('.test.ts'))
    .filter((file) => {
      const folder = dirname(file).replace(/^test\/\w+\//, '')
      return ![`src/lib/${folder}`, `src/${folder}`, folder].some((place) => folders.has(place))
    })
    .map((file) => `${file} has no sources beside it`)
}

/** Runs of so many tokens that stand in two places. Migrations say again what tables once were, so that they stay so. */
export function findCopies(sources: Sources): Breaches {
  const seen = new Map<string, string>()
  const copies: string[] = []
  for (const [file, text] of sources) {
    if (basename(file) === 'migrations.ts') continue
    const code = text.replaceAll(
      /^(?:import|export) [^;{]*(?:\{[^}]*\})?[^\n]* from '[^']+'$|\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm,
      (found) => found.replaceAll(/[^\n]/g, ' '),
    )
    const tokens = [...code.matchAll(/[\w$]+|'(?:[^'\\\n]|\\.)*'|=>|[^\s\w]/g)]
    let skipTo = 0
    for (let i = 0; i + mostTokensAlike <= tokens.length; i++) {
      const run = tokens.slice(i, i + mostTokensAlike).map(([token]) => token)
      const key = run.join(' ')
      const line = code.slice(0, tokens[i]!.index).split('\n').length
      const other = seen.get(key)
      if (other === undefined) seen.set(key, `${file}:${line}`)
      else if (i >= skipTo) {
        copies.push(`${file}:${line} says again what ${other} says`)
        skipTo = i + mostTokensAlike
      }
    }
  }
  return copies
}

function findLines(sources: Sources, pattern: RegExp, prepare: (text: string) => string): Breaches {
  return [...sources].flatMap(([file, text]) =>
    [...prepare(text).matchAll(pattern)].map((found) => {
      const line = text.slice(0, found.index).split('\n').length
      return `${file}:${line}: ${found[0].trim().replaceAll(/\s+/g, ' ')}`
    }),
  )
}
