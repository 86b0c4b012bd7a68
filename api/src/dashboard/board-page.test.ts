import { expect, test } from 'vitest'
import { ownPage } from './board-page.ts'

test('what other hosts would be asked for is gone, everything else is there', () => {
  const page = ownPage(`<head>
    <base href="/admin/queues/" />
    <link href="https://fonts.googleapis.com/css2?family=X:wght@400;500&display=swap" rel="stylesheet">
    <link rel="stylesheet" href="//cdn.example/x.css">
<script defer src="http://cdn.example/x.js"></script>
<link href="static/css/main.css" rel="stylesheet"></head>
<body><script defer src="static/js/main.js"></script></body>`)
  expect(page).not.toMatch(/example|google/)
  expect(page).toContain('<link href="static/css/main.css" rel="stylesheet"><style>')
  expect(page).toContain('<base href="/admin/queues/" />')
  expect(page).toContain('<body><script defer src="static/js/main.js"></script></body>')
})
