package lab;

import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.stream.Collectors;
import org.elasticsearch.common.logging.LogConfigurator;
import org.elasticsearch.common.settings.Settings;
import org.elasticsearch.env.Environment;
import org.elasticsearch.node.InternalSettingsPreparer;
import org.elasticsearch.node.Node;
import org.elasticsearch.plugins.PluginsLoader;

/**
 * Starts one node in place of the official launcher, which is published nowhere: reads elasticsearch.yml, takes settings
 * from the environment as the official image's entry point does, and stops on SIGTERM.
 */
public final class Launcher {
  private static final String SETTING = "[a-z][a-z0-9_]*(\\.[a-z0-9_]+)+";

  private Launcher() {}

  public static void main(String[] arguments) throws Exception {
    Environment environment = prepareEnvironment();
    PluginsLoader plugins =
        PluginsLoader.createPluginsLoader(
            PluginsLoader.loadModulesBundles(environment.modulesDir()),
            PluginsLoader.loadPluginsBundles(environment.pluginsDir()),
            Map.of(),
            false);
    Node node = new Node(environment, plugins);
    CountDownLatch closed = new CountDownLatch(1);
    Runtime.getRuntime().addShutdownHook(new Thread(() -> close(node, closed)));
    node.start();
    closed.await();
  }

  private static Environment prepareEnvironment() throws Exception {
    Path home = Path.of(System.getProperty("es.path.home"));
    Path config = Path.of(System.getProperty("es.path.conf", home.resolve("config").toString()));
    LogConfigurator.configureESLogging();
    Settings settings = Settings.builder().put("path.home", home.toString()).build();
    Environment environment =
        InternalSettingsPreparer.prepareEnvironment(
            settings, settingsOfEnvironment(), config, () -> System.getenv("HOSTNAME"));
    LogConfigurator.setNodeName(environment.settings().get("node.name"));
    LogConfigurator.configure(environment, true);
    return environment;
  }

  private static Map<String, String> settingsOfEnvironment() {
    return System.getenv().entrySet().stream()
        .filter(variable -> variable.getKey().matches(SETTING))
        .collect(Collectors.toMap(Map.Entry::getKey, Map.Entry::getValue));
  }

  private static void close(Node node, CountDownLatch closed) {
    try {
      node.close();
    } catch (Exception error) {
      error.printStackTrace();
    } finally {
      closed.countDown();
    }
  }
}
