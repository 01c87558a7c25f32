import type { Chart } from './chart.ts'

/** How something turned out; `plain` where nothing was to be passed. */
export type Verdict = 'good' | 'bad' | 'plain'

/** What a reader asks first, answered. */
export interface Answer {
  readonly question: string
  readonly verdict: Verdict
  /** A few words, `Audit passed`. */
  readonly answer: string
  /** One sentence. */
  readonly detail: string
}

/** One number that sums up a part of the run. */
export interface Figure {
  readonly label: string
  readonly value: string
  /** What it is to be held against; empty for nothing. */
  readonly note: string
}

/** Rows of text under their heads. */
export interface Table {
  readonly head: readonly string[]
  readonly rows: readonly (readonly string[])[]
  /** Columns, from 0, that hold numbers. */
  readonly numeric: readonly number[]
}

/** A part of a report under a heading of its own. */
export interface Section {
  readonly title: string
  /** Paragraphs. */
  readonly text: readonly string[]
  readonly charts: readonly Chart[]
  readonly table: Table | null
  /** How much of it is needed: by everybody, by who reads the whole report, by who looks something up. */
  readonly depth: 'brief' | 'full' | 'appendix'
}

/** What people read of a report, before it is Markdown or HTML. All text is plain text, from wherever it came. */
export interface Digest {
  /** What was run. */
  readonly kind: string
  /** The one sentence for who reads no further. */
  readonly headline: string
  readonly verdict: Verdict
  /** What was done to what. */
  readonly subject: string
  /** UTC. */
  readonly startedAt: string
  readonly answers: readonly Answer[]
  readonly figures: readonly Figure[]
  readonly sections: readonly Section[]
  /** The command line that makes such a run again; null where the report does not know it. */
  readonly command: string | null
}

/** A section; what is not given is empty. */
export function section(title: string, parts: Partial<Omit<Section, 'title'>>): Section {
  return { title, text: [], charts: [], table: null, depth: 'full', ...parts }
}

/** The answers that decide, in one sentence: what is bad if anything is, else what is good, else all. */
export function headlineOf(answers: readonly Answer[]): Pick<Digest, 'headline' | 'verdict'> {
  for (const verdict of ['bad', 'good'] as const) {
    const decisive = answers.filter((answer) => answer.verdict === verdict).map(({ answer }) => answer)
    if (decisive.length > 0) return { headline: sentence(decisive), verdict }
  }
  return { headline: sentence(answers.map(({ answer }) => answer)), verdict: 'plain' }
}

function sentence([first = '', ...others]: readonly string[]): string {
  return [first, ...others.map((text) => text.charAt(0).toLowerCase() + text.slice(1))].join(', ')
}
