const msPerDay = 86_400_000

/** Whether `20210516` is a day of the calendar; `20210230` is none. */
export function isDate(text: string): boolean {
  const [, year, month, day] = /^(\d{4})(\d{2})(\d{2})$/.exec(text) ?? []
  if (year === undefined || month === undefined || day === undefined) return false
  const date = new Date(`${year}-${month}-${day}T00:00:00Z`)
  // Of a day that its month does not have, the engine makes one of the next month, or none.
  return !Number.isNaN(date.getTime()) && toText(date) === text
}

/** The days from `2021-05-16` on, as `20210516`. */
export function datesFrom(first: string, count: number): string[] {
  const start = Date.parse(`${first}T00:00:00Z`)
  return Array.from({ length: count }, (_, day) => toText(new Date(start + day * msPerDay)))
}

function toText(date: Date): string {
  return date.toISOString().slice(0, 10).replaceAll('-', '')
}
