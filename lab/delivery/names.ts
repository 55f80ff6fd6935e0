/** Where the operator runs. */
export const operatorNamespace = 'ecommerce-system';

/** The operator's Helm release, its Deployment and the name of its image. */
export const operatorName = 'ecommerce-operator';

/** Where `make up` puts the example's stack. */
export const shopNamespace = 'shop';

/** Port of the gateway's Service. */
export const gatewayPort = 8000;
