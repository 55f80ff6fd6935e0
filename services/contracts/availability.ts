/** What is told of a SKU's stock wherever exact counts are not, from the best to the worst. `backorder`: none is there, and more can be sold. */
export const availabilities = ['in-stock', 'low-stock', 'backorder', 'out-of-stock'] as const;
export type Availability = (typeof availabilities)[number];

/** Where others than the inventory tell it. `unknown`: nothing was heard of the SKU's stock. */
export const shownAvailabilities = [...availabilities, 'unknown'] as const;
export type ShownAvailability = (typeof shownAvailabilities)[number];
