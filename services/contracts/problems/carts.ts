/** Problems of carts, quotes and coupons. */
import type { ProblemType } from './problem-type.ts';

export const cartProblems = {
  'coupon-code-taken': {
    status: 409,
    title: 'The coupon code is taken',
    cause: 'Another coupon has this code; upper and lower case are the same.',
    remedy: 'Choose another code.',
  },
  'coupon-exhausted': {
    status: 409,
    title: 'The coupon is used up',
    cause: 'The coupon was used as often as it may be, by all customers or by this one, or it is not valid any more.',
    remedy: 'Order without it.',
  },
  'cart-not-orderable': {
    status: 409,
    title: 'The cart cannot be ordered as it is',
    cause: 'The cart is empty, or it holds something that is not for sale.',
    remedy: 'Each entry of `errors` points at one line; remove it and ask again.',
  },
  'quote-expired': {
    status: 409,
    title: 'The quote has expired',
    cause: 'The prices of a quote are kept for some minutes, and these are over.',
    remedy: 'Ask for a new quote of the cart.',
  },
  'variant-unavailable': {
    status: 422,
    title: 'The article is not for sale',
    cause: 'No article has this id, it is not on sale now, or it has no price in the currency of the cart.',
    remedy: 'Choose another article.',
  },
  'cart-limit-reached': {
    status: 422,
    title: 'The cart holds no more',
    cause: 'A line has 1 to 99 pieces, a cart at most 100 lines and 3 coupons; `detail` says which limit it is.',
    remedy: 'Take less, or order in two parts.',
  },
  'coupon-not-applicable': {
    status: 422,
    title: 'The coupon cannot be used here',
    cause: 'There is no such coupon, it is not valid now, it is used up, or the cart does not meet its conditions.',
    remedy:
      'Check the code and the conditions; `detail` says which one is not met where that helps nobody to guess codes.',
  },
} as const satisfies Readonly<Record<string, ProblemType>>;
