import { computed, signal } from '@preact/signals'
import type { TrackedEvent } from '../types.ts'
import type { Product } from './catalogue.ts'

export interface Line {
  product: Product
  quantity: number
}

export const lines = signal<readonly Line[]>([])
export const total = computed(() => lines.value.reduce((sum, it) => sum + it.product.price * it.quantity, 0))

/** Puts one more of the product into the cart; answers the event that says so. */
export function add(product: Product): TrackedEvent {
  const isThere = lines.value.some((it) => it.product === product)
  lines.value = isThere
    ? lines.value.map((it) => (it.product === product ? { ...it, quantity: it.quantity + 1 } : it))
    : [...lines.value, { product, quantity: 1 }]
  return {
    name: 'Added To Cart',
    properties: {
      'Product ID': product.id,
      Product: product.name,
      Category: product.category,
      Price: product.price,
    },
  }
}

/** Takes the product out, however many there are. */
export function remove(product: Product): void {
  lines.value = lines.value.filter((it) => it.product !== product)
}

/** Buys what is in the cart, which empties it; answers the event that says so. */
export function buy(): TrackedEvent {
  const event = {
    name: 'Charged',
    properties: {
      Amount: total.value,
      Currency: 'INR',
      Items: lines.value.map(({ product, quantity }) => ({
        sku: product.id,
        category: product.category,
        price: product.price,
        quantity,
      })),
    },
  }
  empty()
  return event
}

/** Leaves the cart behind. */
export function empty(): void {
  lines.value = []
}
