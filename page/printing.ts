import type { DrawnChart } from './draw-chart.ts'

/** The width of an A4 or letter page within its margins, CSS pixels. */
const paperWidth = 660

/** Paper is light and narrow, and nobody can open on it what is folded. */
export function watchPrinting(charts: readonly DrawnChart[]): void {
  const root = document.documentElement
  let opened: HTMLDetailsElement[] = []
  addEventListener('beforeprint', () => {
    root.dataset['printing'] = ''
    opened = [...document.querySelectorAll<HTMLDetailsElement>('details.appendix:not([open])')]
    for (const details of opened) details.open = true
    for (const { repaint } of charts) repaint(paperWidth)
  })
  addEventListener('afterprint', () => {
    delete root.dataset['printing']
    for (const details of opened) details.open = false
    for (const { repaint } of charts) repaint()
  })
}
