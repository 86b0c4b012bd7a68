/* Draws the charts of the report from the figures that stand in the page. Runs in the browser, on uPlot. */
;(() => {
  const topics = JSON.parse(document.getElementById('charts').textContent)
  const places = [...document.querySelectorAll('.chart')]
  const whole = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 })
  const tenths = new Intl.NumberFormat('en-US', { maximumFractionDigits: 1 })
  const colourOf = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim()
  const sum = (values) => values.reduce((total, value) => total + value, 0)

  /** All ticks of an axis in one unit: milliseconds below two seconds. */
  const timeTexts = (ticks) => {
    const inSeconds = ticks.at(-1) >= 2000
    return ticks.map((ms) => (inSeconds ? `${tenths.format(ms / 1000)} s` : `${whole.format(ms)} ms`))
  }
  const timeText = (ms) => (ms >= 2000 ? `${(ms / 1000).toFixed(2)} s` : `${tenths.format(ms)} ms`)

  /** What lies on what: each layer is drawn as the sum of itself and those below. */
  const heightsOf = ({ kind, layers }) =>
    kind === 'stack'
      ? layers.map((_, top) =>
          layers[0].values.map((_, bin) => sum(layers.slice(0, top + 1).map((l) => l.values[bin]))),
        )
      : layers.map((layer) => layer.values)

  /** Runs that stand side by side share their scales, else the eye would compare what cannot be compared. */
  const scalesOf = (charts) => {
    const heights = charts.flatMap(heightsOf).flat()
    const [low, high] = [Math.min(0, ...heights), Math.max(1, ...heights)]
    return {
      // A little longer than the run, so that what its last moment brought can be seen.
      x: [0, 1.03 * Math.max(...charts.map((chart) => chart.binMs * chart.layers[0].values.length))],
      y: [low * 1.06, high * 1.06],
    }
  }

  const fillOf = (kind, colour) => {
    if (kind === 'stack' || kind === 'histogram') return colour
    return `color-mix(in srgb, ${colour} ${kind === 'stock' ? 35 : 14}%, transparent)`
  }

  const seriesOf = (chart, layer) => {
    const colour = colourOf(layer.colour)
    const bars = chart.kind === 'histogram'
    return {
      label: layer.label,
      stroke: bars ? undefined : colour,
      width: bars || chart.kind === 'stack' ? 0 : 2,
      fill: fillOf(chart.kind, colour),
      fillTo: () => 0,
      points: { show: false },
      // A bin begins at its x: bars and steps reach to the right of it.
      paths: bars
        ? uPlot.paths.bars({ size: [1, Infinity], align: 1, gap: 1 })
        : uPlot.paths.stepped({ align: 1 }),
    }
  }

  /** Dashed lines at the percentiles, labelled on the side that has room. */
  const drawMarks = (chart) => (plot) => {
    const { ctx, bbox } = plot
    const ratio = uPlot.pxRatio
    ctx.save()
    ctx.font = `${12 * ratio}px system-ui, sans-serif`
    ctx.strokeStyle = colourOf('ink')
    ctx.textAlign = 'left'
    ctx.setLineDash([4 * ratio, 4 * ratio])
    chart.marks.forEach(({ text, atMs }, index) => {
      const x = Math.round(plot.valToPos(atMs, 'x', true))
      ctx.beginPath()
      ctx.moveTo(x, bbox.top)
      ctx.lineTo(x, bbox.top + bbox.height)
      ctx.stroke()
      const textWidth = ctx.measureText(text).width
      const fits = x + textWidth + 8 * ratio < bbox.left + bbox.width
      const left = fits ? x + 6 * ratio : x - textWidth - 6 * ratio
      const baseline = bbox.top + (14 + 18 * index) * ratio
      // Bars behind it would make it hard to read.
      ctx.fillStyle = colourOf('panel')
      ctx.fillRect(left - 3 * ratio, baseline - 12 * ratio, textWidth + 6 * ratio, 16 * ratio)
      ctx.fillStyle = colourOf('ink')
      ctx.fillText(text, left, baseline)
    })
    ctx.restore()
  }

  const drawZero = (plot) => {
    if (plot.scales.y.min >= 0) return
    const { ctx, bbox } = plot
    const y = Math.round(plot.valToPos(0, 'y', true))
    ctx.save()
    ctx.strokeStyle = colourOf('ink')
    ctx.lineWidth = uPlot.pxRatio
    ctx.beginPath()
    ctx.moveTo(bbox.left, y)
    ctx.lineTo(bbox.left + bbox.width, y)
    ctx.stroke()
    ctx.restore()
  }

  const readoutOf = (chart, bin) => {
    if (bin == null || chart.layers[0].values[bin] === undefined) return ''
    const parts = chart.layers.map(({ label, values }) => `${label} ${tenths.format(values[bin])}`)
    return `${timeText(bin * chart.binMs)} to ${timeText((bin + 1) * chart.binMs)}: ${parts.join(', ')}`
  }

  const draw = (place) => {
    const charts = topics[place.dataset.topic]
    const chart = charts[place.dataset.run]
    const scales = scalesOf(charts)
    const heights = heightsOf(chart)
    const bins = chart.layers[0].values.length
    const starts = Array.from({ length: bins }, (_, bin) => bin * chart.binMs)
    // After the end of a run nothing changes, and nobody waits: its last level goes on to the edge.
    const isStepped = chart.kind !== 'histogram'
    const times = isStepped ? [...starts, bins * chart.binMs, scales.x[1]] : starts
    const levelAfter = (values) => (chart.kind === 'lines' ? 0 : values.at(-1))
    const extended = (values) => (isStepped ? [...values, levelAfter(values), levelAfter(values)] : values)
    const order = chart.kind === 'stack' ? [...heights.keys()].reverse() : [...heights.keys()]
    const axis = { stroke: colourOf('faint'), font: '12px system-ui, sans-serif', ticks: { show: false } }
    const readout = place.parentElement.querySelector('.readout')

    place.replaceChildren()
    new uPlot(
      {
        width: place.clientWidth,
        height: place.clientHeight,
        legend: { show: false },
        cursor: { y: false, points: { show: false }, drag: { x: false, y: false } },
        scales: { x: { time: false, range: scales.x }, y: { range: scales.y } },
        axes: [
          { ...axis, grid: { show: false }, values: (_, ticks) => timeTexts(ticks), space: 64, size: 28 },
          {
            ...axis,
            grid: { stroke: colourOf('grid'), width: 1 },
            values: (_, ticks) => ticks.map((tick) => (Number.isInteger(tick) ? whole.format(tick) : '')),
            label: chart.unit,
            labelSize: 20,
            labelFont: '12px system-ui, sans-serif',
            size: 52,
          },
        ],
        series: [{}, ...order.map((layer) => seriesOf(chart, chart.layers[layer]))],
        hooks: {
          draw: [drawZero, drawMarks(chart)],
          setCursor: [
            (plot) => {
              const { left } = plot.cursor
              const bin = left < 0 ? null : Math.floor(plot.posToVal(left, 'x') / chart.binMs)
              readout.textContent = readoutOf(chart, bin)
            },
          ],
        },
      },
      [times, ...order.map((layer) => extended(heights[layer]))],
      place,
    )
  }

  const drawAll = () => places.forEach(draw)
  let width = 0
  new ResizeObserver(() => {
    const now = places[0]?.clientWidth ?? 0
    if (now === width) return
    width = now
    drawAll()
  }).observe(document.body)
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', drawAll)
  // Paper is white and has another width, whatever the screen is like.
  matchMedia('print').addEventListener('change', drawAll)
})()
