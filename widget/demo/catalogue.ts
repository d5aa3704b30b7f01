export interface Product {
  id: string
  name: string
  category: string
  /** In rupees, as the shop's events carry it. */
  price: number
}

export const products: readonly Product[] = [
  { id: 'kulhad', name: 'Six clay kulhads', category: 'Kitchen', price: 349 },
  { id: 'kurta', name: 'Indigo kurta', category: 'Clothing', price: 1299 },
  { id: 'diya', name: 'Brass diya', category: 'Home', price: 899 },
  { id: 'jutti', name: 'Leather juttis', category: 'Shoes', price: 1499 },
  { id: 'chai', name: 'First flush tea', category: 'Kitchen', price: 449 },
  { id: 'diary', name: 'Cotton paper diary', category: 'Paper', price: 249 },
]

const format = new Intl.NumberFormat('en-IN', {
  style: 'currency',
  currency: 'INR',
  maximumFractionDigits: 0,
})

/** Whole rupees, as prices are written in the shop. */
export function rupees(amount: number): string {
  return format.format(amount)
}
