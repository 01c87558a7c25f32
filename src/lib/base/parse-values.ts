import { z } from 'zod'
import { longestMs, mostBurstFactor, mostBursts, mostPerSecond, mostStages, mostUsers, statusRange } from './limits.ts'
import type { Burst, Stage } from './arrivals.ts'
import { cutTo } from './cut-text.ts'
import { reasonOf } from './errors/errors.ts'

const durationUnits = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 } as const
const countUnits = { '': 1, k: 1e3, m: 1e6, b: 1e9 } as const

/** A whole number from `min` to `max`, also as text; `1_000` and `1,000` are 1000. */
export function wholeNumber(min: number, max: number): z.ZodType<number> {
  return z
    .union([
      z.number(),
      z
        .string()
        .regex(/^-?\d[\d_,]*$/)
        .transform((text) => Number(text.replaceAll(/[_,]/g, ''))),
    ])
    .pipe(z.number().int().min(min).max(max))
}

/** A number of rows: `39456`, `10m`, `1.5k`. At most 10^10. */
export const count: z.ZodType<number> = z
  .union([
    z.number(),
    z
      .string()
      .regex(/^\d[\d_,]*(\.\d+)?[kmb]?$/i)
      .transform((text) => {
        const unit = /[kmb]$/i.exec(text)?.[0].toLowerCase() ?? ''
        return Number(text.replaceAll(/[_,kmb]/gi, '')) * countUnits[unit as keyof typeof countUnits]
      }),
  ])
  .pipe(z.number().int().min(0).max(1e10))

/** A list, or one text with commas, whose entries are yet to be read. */
const unreadList = z.union([
  z.array(z.unknown()),
  z.string().transform((text) => text.split(',').map((part) => part.trim())),
])

/** Several numbers of rows, `0,1m,2m` or a list. */
export const counts: z.ZodType<number[]> = unreadList.pipe(z.array(count).min(1).max(1000))

/** Some HTTP statuses, `200,201` or a list. */
export const httpStatuses: z.ZodType<number[]> = unreadList.pipe(
  z.array(wholeNumber(statusRange.from, statusRange.to)).min(1),
)

/** A length of time as milliseconds: `500ms`, `60s`, `1m30s`, `2h`, from `minMs` to 30 days. */
export function duration(minMs: number): z.ZodType<number> {
  return z
    .string()
    .regex(/^(\d+(\.\d+)?(ms|s|m|h))+$/)
    .transform((text) => {
      let total = 0
      for (const part of text.split(/(?<=[a-z])(?=\d)/)) {
        const unit = part.replace(/^[\d.]+/, '') as keyof typeof durationUnits
        total += Number(part.slice(0, -unit.length)) * durationUnits[unit]
      }
      return total
    })
    .pipe(z.number().min(minMs).max(longestMs))
}

/** A time of day as minutes after midnight: `8:00` to `23:59`. */
export const timeOfDay: z.ZodType<number> = z
  .string()
  .regex(/^([01]?\d|2[0-3]):[0-5]\d$/)
  .transform((text) => {
    const [hour, minute] = text.split(':').map(Number) as [number, number]
    return hour * 60 + minute
  })

/** A calendar date from 1970 to 2099, `2000-01-31`. */
export const calendarDate: z.ZodType<string> = z.iso.date().refine((text) => text >= '1970' && text < '2100')

/** Several texts: a list, or one text with commas. */
export const texts: z.ZodType<string[]> = z.union([
  z.array(z.string().min(1)),
  z.string().transform((text) =>
    text
      .split(',')
      .map((part) => part.trim())
      .filter((part) => part !== ''),
  ),
])

/** A URL with one of the given schemes, or one of the given words. */
export function urlOrWord(schemes: readonly string[], words: readonly string[]): z.ZodType<string> {
  return z
    .string()
    .refine(
      (text) =>
        words.includes(text) || schemes.some((scheme) => text.startsWith(scheme) && text.length > scheme.length),
    )
}

/** Some of the `allowed` words, each once, in the order given: a list, or one text with commas. */
export function someOf<Word extends string>(...allowed: readonly Word[]): z.ZodType<Word[]> {
  return texts.pipe(z.array(z.enum(allowed)).min(1)).refine((given) => new Set(given).size === given.length)
}

/** So many a second, `200` or `200/s`; more than 0, at most a million. */
export const perSecond: z.ZodType<number> = z
  .union([
    z.number(),
    z
      .string()
      .regex(/^\d[\d_,]*(\.\d+)?(\/s)?$/)
      .transform((text) => Number(text.replaceAll(/[_,]|\/s$/g, ''))),
  ])
  .pipe(z.number().gt(0).max(mostPerSecond))

/** A percentage, `10%`, as a share of 1. */
export const percentage: z.ZodType<number> = z
  .string()
  .regex(/^\d+(\.\d+)?%$/)
  .transform((text) => Number(text.slice(0, -1)) / 100)
  .pipe(z.number().min(0).max(1))

/** Stages of a closed model, `30s:1000,2m:3000,30s:0`: over so long to so many users; together a second or more. */
export const stages: z.ZodType<Stage[]> = texts
  .transform((parts): unknown => parts.map((part) => part.split(':')))
  .pipe(z.array(z.tuple([duration(0), wholeNumber(0, mostUsers)])).max(mostStages))
  .transform((pairs) => pairs.map(([durationMs, users]) => ({ durationMs, users })))
  .refine((list) => list.reduce((sum, { durationMs }) => sum + durationMs, 0) >= 1000)
  .refine((list) => list.some(({ users }) => users > 0))

/** Bursts of an open model, `10x@10s:1s`: at ten times the rate, from 10 s on, for a second. */
export const bursts: z.ZodType<Burst[]> = texts
  .transform((parts): unknown => parts.map((part) => /^(\d+(?:\.\d+)?)x@([^@:]+):([^@:]+)$/.exec(part)?.slice(1)))
  .pipe(
    z
      .array(z.tuple([z.coerce.number().gt(0).max(mostBurstFactor), duration(0), duration(1)]))
      .min(1)
      .max(mostBursts),
  )
  .transform((all) => all.map(([factor, atMs, lengthMs]) => ({ factor, atMs, lengthMs })))

/** Says in words why a value from elsewhere was refused: the first of several reasons, with its place. */
export function whyWrong(error: unknown): string {
  if (!(error instanceof z.ZodError)) return reasonOf(error)
  const [issue] = error.issues
  const place = cutTo(200, issue?.path.join('.') || 'it')
  const message = reasonOf(issue?.message)
  return isMissing(message) ? `${place} is missing` : `${place} is wrong (${message})`
}

/** Whether the message of a schema says that the value is not there. */
export function isMissing(message: string): boolean {
  return message.endsWith('received undefined')
}
