import type { Chart } from '../src/lib/render/document/chart.ts'
import { drawChart, type DrawnChart } from './draw-chart.ts'

/** The width of an A4 or letter page within its margins, CSS pixels. */
const paperWidth = 660

const charts = JSON.parse(document.querySelector('#charts')?.textContent ?? '[]') as Chart[]
const drawn = [...document.querySelectorAll<HTMLElement>('figure[data-chart]')].flatMap((figure) => {
  const chart = charts[Number(figure.dataset['chart'])]
  return chart ? [drawChart(figure, chart)] : []
})

matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => drawn.forEach(({ repaint }) => repaint()))
watchPrinting(drawn)

/** Redraws the page for paper, which is light and narrow, and on which nobody can open what is folded. */
function watchPrinting(all: readonly DrawnChart[]): void {
  const root = document.documentElement
  let opened: HTMLDetailsElement[] = []
  addEventListener('beforeprint', () => {
    root.dataset['printing'] = ''
    opened = [...document.querySelectorAll<HTMLDetailsElement>('details.appendix:not([open])')]
    for (const details of opened) details.open = true
    for (const { repaint } of all) repaint(paperWidth)
  })
  addEventListener('afterprint', () => {
    delete root.dataset['printing']
    for (const details of opened) details.open = false
    for (const { repaint } of all) repaint()
  })
}
