"""Words for what the lead wants."""

from __future__ import annotations

INTEREST_WORDS: dict[str, str] = {
    "interest.product": """
        product|product of interest|product interest|interested in|products of interest|product name
        which product are you interested in|products|i am interested in|i'm interested in|product interested in
        which products are you interested in|product or service|product service|what are you interested in|product type
        area of interest|product interests|vehicle of interest|solution of interest|Produkt|Produkte|Produktinteresse
        Interesse an|Gewünschtes Produkt|Interessiert an|Ich interessiere mich für|produit|produits|produit souhaité
        produit concerné|intéressé par|producto|productos|producto de interés|interesado en|prodotto|prodotti
        prodotto di interesse|interessato a|produto|produtos|produto de interesse|interesse em|producten|interesse in
        geïnteresseerd in|produkty|produkt interesse|interesuje mnie|produkter|intresserad av|interesseret i
        interessert i|zájem o|výrobek|tuote|tuotteet|termék|termékek|produs|produse|proizvod|izdelek|ürün|προϊόν|продукт
        товар|интересующий продукт|製品名|製品|商品名|商品|ご希望の製品|ご興味のある製品|产品|产品名称|感兴趣的产品|產品
        제품|상품|관심 제품|제품명
        """,
    "interest.budget": """
        budget|estimated budget|project budget|budget range|your budget|what is your budget|approximate budget
        planned budget|budget amount|Projektbudget|Budgetrahmen|geplantes Budget|budget estimé|budget du projet
        presupuesto|presupuesto estimado|budget previsto|orçamento|orçamento estimado|begroting|budżet|rozpočet|budjetti
        költségvetés|költségkeret|buget|proračun|bütçe|προϋπολογισμός|бюджет|予算|ご予算|预算|預算|예산
        """,
    "interest.timeframe": """
        timeframe|time frame|purchase timeframe|purchasing timeframe|buying timeframe|timeline|project timeline
        when do you plan to buy|purchase timeline|when are you looking to start|when do you want to start|Zeitrahmen
        Kaufzeitraum|Zeithorizont|délai|échéance|plazo|tempistica|tempistiche|prazo|tijdsbestek|termijn|harmonogram
        tidsram|tidsramme|časový rámec|сроки|導入時期|導入予定時期|購入時期|购买时间|도입시기|도입 시기
        """,
    "interest.need": """
        need|needs|requirement|requirements|your needs|your requirements|Bedarf|Anforderungen|besoin|besoins|necesidades
        esigenze|behoefte
        """,
}
"""By lead field, in all languages together."""
