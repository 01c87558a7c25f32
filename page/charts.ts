import { drawChart } from './draw-chart.ts'
import { watchPrinting } from './printing.ts'
import type { Chart } from '../src/lib/render/document/chart.ts'

const charts = JSON.parse(document.querySelector('#charts')?.textContent ?? '[]') as Chart[]
const drawn = [...document.querySelectorAll<HTMLElement>('figure[data-chart]')].flatMap((figure) => {
  const chart = charts[Number(figure.dataset['chart'])]
  return chart ? [drawChart(figure, chart)] : []
})

matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => drawn.forEach(({ repaint }) => repaint()))
watchPrinting(drawn)
