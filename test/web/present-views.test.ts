import { readdirSync, readFileSync } from 'node:fs'
import { load } from 'cheerio'
import { renderFile } from 'ejs'
import { describe, expect, test } from 'vitest'
import { pages } from './present/pages.ts'

const views = new URL('../../views/', import.meta.url)
const files = readdirSync(views, { recursive: true, encoding: 'utf8' }).filter(name => name.endsWith('.ejs'))

describe.each(Object.entries(pages))('page “%s”', (_name, state) => {
  async function html(): Promise<string> {
    const { view, locals } = state()
    return renderFile(new URL(`${view}.ejs`, views).pathname, { ...locals })
  }

  test('escapes every name and leaves nothing undefined', async () => {
    const page = await html()
    expect(page).not.toContain('<script>alert')
    expect(page).not.toContain('<b>PMax')
    expect(page).not.toMatch(/undefined|\[object Object\]|NaN/)
  })

  test('has one main heading, headings in order, and no two equal ids', async () => {
    const $ = load(await html())
    expect($('h1')).toHaveLength(1)
    const levels = $('main :is(h1, h2, h3, h4)')
      .toArray()
      .map(heading => Number(heading.tagName.slice(1)))
    for (const [index, level] of levels.entries()) expect(level - (levels[index - 1] ?? 0)).toBeLessThanOrEqual(1)
    const ids = $('[id]')
      .toArray()
      .map(element => element.attribs.id)
    expect(new Set(ids).size).toBe(ids.length)
  })

  test('links only to our own paths, shows ids as people read them, and runs nothing inline', async () => {
    const $ = load(await html())
    for (const link of $('a[href]').toArray()) {
      expect(link.attribs.href).toMatch(/^(\/(?!\/)|#|http:\/\/127\.0\.0\.1:3001\/$)/)
    }
    expect($('[style], [onclick], script:not([src]), style')).toHaveLength(0)
    for (const element of $('[data-customer-id]').toArray())
      expect(element.attribs['data-customer-id']).toMatch(/^\d{10}$/)
    expect(
      $('main .id')
        .toArray()
        .every(element => /^\d{3}-\d{3}-\d{4}$/.test($(element).text())),
    ).toBe(true)
  })
})

test('every account of a list and of a tree can be found by its id', async () => {
  const { view, locals } = pages['accounts full']?.() ?? { view: '', locals: {} }
  const $ = load(await renderFile(new URL(`${view}.ejs`, views).pathname, { ...locals }))
  expect($('tr[data-customer-id="2200000003"]').text()).toContain('Google does not open it')
  expect($('tr[data-customer-id="1000000001"]').text()).toContain('In use')
  expect(
    $('tr[data-customer-id="2100000000"] form[action="/login-customer"] input[name="customer_id"]').attr('value'),
  ).toBe('2100000000')
})

describe.each(files)('%s', name => {
  const source = readFileSync(new URL(name, views), 'utf8')

  test('prints raw only what it includes', () => {
    expect(source.match(/<%-(?! include\()/g)).toBeNull()
  })

  test('holds no style, no inline script, and no text of its own', () => {
    expect(source).not.toMatch(/\sstyle=|<style|\son[a-z]+=/)
    expect(source).not.toMatch(/<script(?! type="module" src=)/)
    const text = source.replace(/<%[\s\S]*?%>/g, '').replace(/<[^>]*>/g, ' ')
    expect(text.match(/[A-Za-z]{3,}/g)?.filter(word => word !== 'Ctrl') ?? []).toEqual([])
  })
})
