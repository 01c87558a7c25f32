import type { Chart } from './chart.ts'

/** How something turned out; `plain` where nothing was to be passed. */
export type Grade = 'good' | 'bad' | 'plain'

/** A line of a screen: a label in a column of its own, then a value that stands out, then the rest. */
export interface Line {
  /** Empty for a line that goes on with the one above; left out for a line across both columns. */
  readonly label?: string
  readonly value?: string
  readonly text?: string
  /** Colours the value; the label where there is no value, the text where there is no label either. */
  readonly tone?: 'good' | 'bad' | 'faint' | 'bold'
}

/** A question that readers ask first, and its answer. */
export interface Answer {
  readonly question: string
  readonly grade: Grade
  /** A few words, `Audit passed`. */
  readonly answer: string
  /** One sentence. */
  readonly detail: string
  /** The answer on a screen; none where a screen says it elsewhere. */
  readonly lines: readonly Line[]
}

/** One number that sums up a part of the run. */
export interface Figure {
  readonly label: string
  readonly value: string
  /** The figure to compare it with; empty for none. */
  readonly note: string
  /** The figure on a screen; left out where a table of the screen has it. */
  readonly line?: Line
}

/** Rows of text under their heads. */
export interface DocumentTable {
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
  /** Introduces them where they are a list without the heading; null where they need no introduction. */
  readonly lead: string | null
  readonly charts: readonly Chart[]
  readonly table: DocumentTable | null
  /** How much of it is needed: by everybody, by readers of the whole report, for looking something up. */
  readonly depth: 'brief' | 'full' | 'appendix'
}

/** Items that stand together on a screen, one below the other. */
export type ScreenBlock = readonly (Line | DocumentTable | Pick<Chart, 'series' | 'x' | 'left'>)[]

/** One thing that was to hold. */
export interface Check {
  /** The group it belongs to, `load.thresholds`. */
  readonly group: string
  readonly name: string
  /** Why it does not hold; null when it does. */
  readonly failure: string | null
  /** Why nothing can be said of it; it is then neither passed nor failed. */
  readonly skipped?: string
  /** It took, seconds. */
  readonly seconds?: number
}

/** A row for a spreadsheet: values by the name of their column, which names the unit. */
export type DataRow = Readonly<Record<string, string | number | null | undefined>>

/** The content of a report in every form. All text is plain text, from wherever it came. */
export interface Document {
  /** As commands call it, `insert-bench`. */
  readonly name: string
  /** The kind of run, for people: `Insert benchmark`. */
  readonly kind: string
  /** One sentence for those who read no further. */
  readonly headline: string
  readonly grade: Grade
  /** The load or rows, and the target. */
  readonly subject: string
  /** UTC, ISO 8601. */
  readonly startedAt: string
  readonly answers: readonly Answer[]
  readonly figures: readonly Figure[]
  readonly sections: readonly Section[]
  /** The command line that makes such a run again; null where the report does not know it. */
  readonly command: string | null
  /** The content for which a screen has room, from top to bottom. */
  readonly screen: readonly ScreenBlock[]
  /** Checks of the run, for programs that count tests. */
  readonly checks: readonly Check[]
  /** Empty where there is nothing to plot. */
  readonly data: readonly DataRow[]
}

/** An answer that a screen gives elsewhere. */
export function answerOf(grade: Grade, question: string, answer: string, detail: string): Answer {
  return { question, grade, answer, detail, lines: [] }
}

/** A section; what is not given is empty. */
export function section(title: string, parts: Partial<Omit<Section, 'title'>>): Section {
  return { title, text: [], lead: null, charts: [], table: null, depth: 'full', ...parts }
}

/** A table of names and values. */
export function factTable(name: string, rows: DocumentTable['rows']): DocumentTable {
  return { head: [name, 'value'], rows, numeric: [] }
}

/** The answers that decide, in one sentence: what is bad if anything is, else what is good, else all. */
export function headlineOf(answers: readonly Answer[]): Pick<Document, 'headline' | 'grade'> {
  for (const grade of ['bad', 'good'] as const) {
    const decisive = answers.filter((answer) => answer.grade === grade).map(({ answer }) => answer)
    if (decisive.length > 0) return { headline: sentence(decisive), grade }
  }
  return { headline: sentence(answers.map(({ answer }) => answer)), grade: 'plain' }
}

function sentence([first = '', ...others]: readonly string[]): string {
  return [first, ...others.map((text) => text.charAt(0).toLowerCase() + text.slice(1))].join(', ')
}
