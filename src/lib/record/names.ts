/** The version of the contract; programs that read reports look at it first. */
export const reportSchemaName = 'rushbench.report/v1'

/** The forms that a report has besides JSON. */
export const viewNames = ['html', 'markdown', 'junit', 'csv'] as const

/** One of them. */
export type ViewName = (typeof viewNames)[number]

/** How the file of each form ends. */
export const extensions: Readonly<Record<ViewName, string>> = {
  html: '.html',
  markdown: '.md',
  junit: '.xml',
  csv: '.csv',
}
