/** Debian's Maven: fetches the published jars of the stores that run on Java. */
export const mavenPrograms = { debianPackage: 'maven', folders: async () => [] };

/** Copies the jars of a pom.xml with all that they need into one folder. */
export const copyDependencies = 'org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies';
