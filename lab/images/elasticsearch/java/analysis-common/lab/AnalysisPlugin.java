package lab;

import java.util.Map;
import java.util.function.BiFunction;
import java.util.function.Function;
import org.apache.lucene.analysis.TokenStream;
import org.apache.lucene.analysis.miscellaneous.ASCIIFoldingFilter;
import org.apache.lucene.analysis.ngram.EdgeNGramTokenFilter;
import org.elasticsearch.common.settings.Settings;
import org.elasticsearch.index.analysis.TokenFilterFactory;
import org.elasticsearch.indices.analysis.AnalysisModule.AnalysisProvider;
import org.elasticsearch.plugins.Plugin;

/** The token filters that the shop's search uses, by the names that the official module `analysis-common` gives them. */
public final class AnalysisPlugin extends Plugin implements org.elasticsearch.plugins.AnalysisPlugin {
  @Override
  public Map<String, AnalysisProvider<TokenFilterFactory>> getTokenFilters() {
    return Map.of(
        "asciifolding", filter(AnalysisPlugin::fold),
        "edge_ngram", filter(AnalysisPlugin::edges));
  }

  private static TokenStream fold(Settings settings, TokenStream tokens) {
    return new ASCIIFoldingFilter(tokens, settings.getAsBoolean("preserve_original", false));
  }

  private static TokenStream edges(Settings settings, TokenStream tokens) {
    return new EdgeNGramTokenFilter(
        tokens,
        settings.getAsInt("min_gram", 1),
        settings.getAsInt("max_gram", 2),
        settings.getAsBoolean("preserve_original", false));
  }

  private static AnalysisProvider<TokenFilterFactory> filter(BiFunction<Settings, TokenStream, TokenStream> make) {
    return (index, environment, name, settings) -> factory(name, tokens -> make.apply(settings, tokens));
  }

  private static TokenFilterFactory factory(String name, Function<TokenStream, TokenStream> make) {
    return new TokenFilterFactory() {
      @Override
      public String name() {
        return name;
      }

      @Override
      public TokenStream create(TokenStream tokens) {
        return make.apply(tokens);
      }
    };
  }
}
