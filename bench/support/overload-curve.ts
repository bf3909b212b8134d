/** What was offered, registered and refused, each in a second. */
export type Point = { offered: number; goodput: number; refused: number }

const WIDTH = 640
const HEIGHT = 360
const PLOT = { left: 64, right: 616, top: 28, bottom: 304 }
const TICKS = 5

/** A curve as an SVG of its own, which follows the reader's choice of light or dark. */
export const overloadCurve = (points: readonly Point[]): string => {
  const most = {
    offered: niceCeiling(Math.max(...points.map(({ offered }) => offered))),
    answered: niceCeiling(Math.max(...points.flatMap(({ goodput, refused }) => [goodput, refused]))),
  }
  const x = (offered: number): number => PLOT.left + (offered / most.offered) * (PLOT.right - PLOT.left)
  const y = (answered: number): number => PLOT.bottom - (answered / most.answered) * (PLOT.bottom - PLOT.top)
  const at = (point: Point, of: 'goodput' | 'refused'): string =>
    `${x(point.offered).toFixed(1)},${y(point[of]).toFixed(1)}`

  const line = (of: 'goodput' | 'refused'): string => {
    const path = points.map(point => at(point, of)).join(' ')
    const marks = points.map(point => {
      const [cx, cy] = at(point, of).split(',')
      return `  <circle class="${of} mark" cx="${cx}" cy="${cy}" r="3.5"/>`
    })
    return [`  <polyline class="${of}" points="${path}"/>`, ...marks].join('\n')
  }
  const grid = Array.from({ length: TICKS + 1 }, (_, n) => {
    const offered = (most.offered * n) / TICKS
    const answered = (most.answered * n) / TICKS
    return [
      `  <line class="grid" x1="${PLOT.left}" y1="${y(answered)}" x2="${PLOT.right}" y2="${y(answered)}"/>`,
      `  <text x="${PLOT.left - 8}" y="${y(answered) + 4}" text-anchor="end">${labelOf(answered)}</text>`,
      `  <text x="${x(offered)}" y="${PLOT.bottom + 18}" text-anchor="middle">${labelOf(offered)}</text>`,
    ].join('\n')
  })
  const middle = (PLOT.left + PLOT.right) / 2
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-labelledby="title">
  <title id="title">Registrations and refusals per second over what is offered</title>
  <style>
    text { font: 12px system-ui, sans-serif; fill: #333; }
    line, polyline { fill: none; stroke-width: 2; }
    .grid { stroke: #8884; stroke-width: 1; }
    .goodput { stroke: #0a7a45; }
    .refused { stroke: #b3541e; stroke-dasharray: 6 4; }
    .mark { stroke: none; }
    .goodput.mark { fill: #0a7a45; }
    .refused.mark { fill: #b3541e; }
    @media (prefers-color-scheme: dark) {
      text { fill: #ddd; }
      .goodput { stroke: #4cc98a; }
      .refused { stroke: #f0a06a; }
      .goodput.mark { fill: #4cc98a; }
      .refused.mark { fill: #f0a06a; }
    }
  </style>
${grid.join('\n')}
${line('refused')}
${line('goodput')}
  <line class="goodput" x1="${PLOT.left + 12}" y1="14" x2="${PLOT.left + 40}" y2="14"/>
  <text x="${PLOT.left + 46}" y="18">registered (201)</text>
  <line class="refused" x1="${PLOT.left + 172}" y1="14" x2="${PLOT.left + 200}" y2="14"/>
  <text x="${PLOT.left + 206}" y="18">refused at once (503)</text>
  <text x="${middle}" y="${HEIGHT - 14}" text-anchor="middle">registrations offered per second</text>
  <text transform="rotate(-90)" x="${-(PLOT.top + PLOT.bottom) / 2}" y="16" text-anchor="middle">answers per second</text>
</svg>
`
}

/** The next of 1, 2, 2.5, 4 or 5 times a power of ten, so that five steps of it are numbers to read. */
const niceCeiling = (value: number): number => {
  const power = 10 ** Math.floor(Math.log10(Math.max(value, 1)))
  return ([1, 2, 2.5, 4, 5, 10].find(times => times * power >= value) ?? 10) * power
}

const labelOf = (value: number): string => value.toLocaleString('en', { maximumFractionDigits: 1 })
