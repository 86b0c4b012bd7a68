/** Prometheus' text, as tests ask it. */
export interface MetricsRead {
  /** The sum of all values of this name whose labels include these; undefined when there is none. */
  sum(name: string, labels?: Readonly<Record<string, string>>): number | undefined
  /** Every value of this name, by the value of one label, summed. */
  by(name: string, label: string): Record<string, number>
  names(): Set<string>
}

interface Sample {
  name: string
  labels: Record<string, string>
  value: number
}

const sampleOf = (line: string): Sample[] => {
  const [, name, labelText = '', value] = /^(\w+)(?:\{(.*)\})? (\S+)$/.exec(line) ?? []
  if (name === undefined || line.startsWith('#')) return []
  const pairs = [...labelText.matchAll(/(\w+)="([^"]*)"/g)].map(([, key = '', text = '']) => [key, text])
  return [{ name, labels: Object.fromEntries(pairs), value: Number(value) }]
}

export const readMetrics = (text: string): MetricsRead => {
  const samples = text.split('\n').flatMap(sampleOf)
  return {
    sum: (name, labels = {}) => {
      const matching = samples.filter(
        (sample) =>
          sample.name === name &&
          Object.entries(labels).every(([key, value]) => sample.labels[key] === value),
      )
      return matching.length === 0 ? undefined : matching.reduce((total, { value }) => total + value, 0)
    },
    by: (name, label) => {
      const totals: Record<string, number> = {}
      for (const sample of samples.filter((one) => one.name === name)) {
        const key = sample.labels[label] ?? ''
        totals[key] = (totals[key] ?? 0) + sample.value
      }
      return totals
    },
    names: () => new Set(samples.map(({ name }) => name)),
  }
}
